"""Times the same scenes in Python, written the way the question is answered there.

An aggregate async context manager starts every `__aenter__` as a task, waits for all, exits what entered if one failed,
and starts every `__aexit__` as a task. It prints a line for each scene: name, tab, nanoseconds for one scope.
"""

import asyncio
import statistics
import time


class Gathered:
    """Enters many async context managers at once, and exits them at once."""

    def __init__(self, managers):
        self.managers = managers

    async def __aenter__(self):
        tasks = [asyncio.create_task(manager.__aenter__()) for manager in self.managers]
        await asyncio.wait(tasks)
        failures = [task.exception() for task in tasks if task.exception() is not None]
        if failures:
            entered = [manager for manager, task in zip(self.managers, tasks) if task.exception() is None]
            failures += await leave(entered, type(failures[0]), failures[0], failures[0].__traceback__)
            raise BaseExceptionGroup("could not enter", failures)
        return [task.result() for task in tasks]

    async def __aexit__(self, *exc_info):
        failures = await leave(self.managers, *exc_info)
        if failures:
            raise BaseExceptionGroup("could not exit", failures)
        return False


async def leave(managers, *exc_info):
    tasks = [asyncio.create_task(manager.__aexit__(*exc_info)) for manager in reversed(managers)]
    if tasks:
        await asyncio.wait(tasks)
    return [task.exception() for task in tasks if task.exception() is not None]


class Member:
    """Gives way to other tasks so often in both phases."""

    def __init__(self, number, times):
        self.number = number
        self.times = times

    async def __aenter__(self):
        for _ in range(self.times):
            await asyncio.sleep(0)
        return self.number

    async def __aexit__(self, *exc_info):
        for _ in range(self.times):
            await asyncio.sleep(0)
        return False


async def scope(number, times):
    async with Gathered([Member(member, times) for member in range(number)]) as guards:
        return sum(guards)


async def batch(number, times, runs):
    start = time.perf_counter_ns()
    for _ in range(runs):
        await scope(number, times)
    return time.perf_counter_ns() - start


async def nanoseconds(number, times):
    """Takes the median of batches of a fiftieth of a second."""
    assert await scope(number, times) == number * (number - 1) // 2
    runs = 1
    while await batch(number, times, runs) < 20_000_000:
        runs *= 2
    return round(statistics.median([await batch(number, times, runs) / runs for _ in range(9)]))


async def main():
    for wait, times in [("ready", 0), ("pending once", 1), ("pending five times", 5)]:
        for number in [2, 4, 12, 10, 1000]:
            print(f"{number}, {wait}\t{await nanoseconds(number, times)}", flush=True)


asyncio.run(main())
