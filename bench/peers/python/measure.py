# The Python counterpart of measure.js: `python3 measure.py <workload> <job as JSON>`.

import asyncio
import json
import os
import sys
import time

import on_asyncio as program

name = sys.argv[1]
job = json.loads(sys.argv[2])
size, warm_up, expected, ops = (job[key] for key in ("size", "warmUp", "expected", "ops"))


def warming_up(duration):
    return measured(duration, warm_up or size, ops if warm_up is None else warm_up["tasks"], check=warm_up is None)


def measured(duration, size, ops, check=True):
    cpu, wall = time.process_time(), time.perf_counter()
    times = 0
    while True:
        total = asyncio.run(program.mains[name](**size))
        if check and total != expected:
            raise AssertionError(f"asyncio: {name} gives {total}, not {expected}")
        times += 1
        if (time.process_time() - cpu) * 1000 >= duration:
            break
    return {
        "wall": (time.perf_counter() - wall) * 1e9 / (ops * times),
        "cpu": (time.process_time() - cpu) * 1e9 / (ops * times),
    }


def tell(answer):
    print(json.dumps(answer), flush=True)


if name not in program.mains and name not in program.cannot:
    name = job["like"]
if job["fromReached"] or name not in program.mains:
    tell({"cannot": program.cannot.get(name, "there is no program for it")})
else:
    tell({})
for line in sys.stdin:
    question, duration = line.split()
    answer = warming_up if question == "warm-up" else lambda duration: measured(duration, size, ops)
    tell(answer(float(duration)))
os._exit(0)
