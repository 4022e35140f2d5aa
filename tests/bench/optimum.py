"""Makes the small desks of `cargo xtask bench optimum` and solves a lower bound of their cost, once.

    python3 -m venv env && env/bin/pip install highspy numpy && env/bin/python tests/bench/optimum.py

A desk is agents (the kinds each can take), kinds (weight c, target T in slots) and contacts (slot of arrival, kind,
length in slots). A contact that begins after waiting w slots costs c * (w / T)^2, and an agent does one thing at a time
without a break. The bound is the optimum of the time-indexed linear program: x[j, g, t] is the share of contact j that
agents of group g (equal skills) begin at t, each contact is begun once, and a group never works on more contacts at a
time than it has agents. Whatever begins after the horizon is charged as at the horizon, so that cutting time short never
raises the bound. The program knows the future and may cut a contact in parts: no way of dispatching can do better.
"""

import json
import pathlib
import random

import highspy
import numpy as np

INSTANCES = 200
SEED = 20261124
# Slots of ten minutes: targets of four hours, eight hours and a day.
TARGETS = (24, 48, 144)
WEIGHTS = (1, 3, 10)
LENGTHS = (1, 2, 3, 4)
# Slots after the last arrival in which contacts may begin before being charged as at the horizon.
AFTERWARDS = 30


def instance(draw):
    """Returns agents, kinds and contacts, and the load: work over what the agents can do until the last arrival."""
    kinds = [(draw.choice(WEIGHTS), draw.choice(TARGETS)) for _ in range(draw.randint(3, 5))]
    agents = [sorted(draw.sample(range(len(kinds)), draw.randint(1, min(3, len(kinds))))) for _ in range(draw.randint(4, 8))]
    for kind in range(len(kinds)):
        if not any(kind in skills for skills in agents):
            agent = draw.randrange(len(agents))
            agents[agent] = sorted({*agents[agent], kind})
    lengths = [draw.choice(LENGTHS) for _ in range(draw.randint(80, 120))]
    # Kinds come as often as there are agents for them, more or less.
    capacity = [sum(1 / len(skills) for skills in agents if kind in skills) for kind in range(len(kinds))]
    load = draw.uniform(0.6, 0.95)
    slots = max(1, round(sum(lengths) / (load * len(agents))))
    chosen = draw.choices(range(len(kinds)), weights=capacity, k=len(lengths))
    contacts = sorted([draw.randrange(slots), kind, length] for kind, length in zip(chosen, lengths))
    return agents, kinds, contacts, load


def bound(agents, kinds, contacts):
    """Returns the optimum of the time-indexed program."""
    groups = sorted({tuple(skills) for skills in agents})
    size = {group: sum(tuple(skills) == group for skills in agents) for group in groups}
    horizon = contacts[-1][0] + AFTERWARDS
    row_of = {(group, slot): len(contacts) + place * horizon + slot
              for place, group in enumerate(groups) for slot in range(horizon)}
    costs, starts, rows = [], [], []
    for place, (arrival, kind, length) in enumerate(contacts):
        weight, target = kinds[kind]
        for group in (group for group in groups if kind in group):
            for slot in range(arrival, horizon):
                costs.append(weight * ((slot - arrival) / target) ** 2)
                starts.append(len(rows))
                rows.append(place)
                rows.extend(row_of[group, busy] for busy in range(slot, min(slot + length, horizon)))
        costs.append(weight * ((horizon - arrival) / target) ** 2)
        starts.append(len(rows))
        rows.append(place)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(costs), len(contacts) + len(row_of)
    program.col_cost_ = np.array(costs)
    program.col_lower_, program.col_upper_ = np.zeros(len(costs)), np.full(len(costs), highspy.kHighsInf)
    lower, upper = np.full(program.num_row_, -highspy.kHighsInf), np.ones(program.num_row_)
    lower[:len(contacts)] = 1
    for (group, _), row in row_of.items():
        upper[row] = size[group]
    program.row_lower_, program.row_upper_ = lower, upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.array([*starts, len(rows)])
    program.a_matrix_.index_ = np.array(rows)
    program.a_matrix_.value_ = np.ones(len(rows))
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(program)
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return solver.getInfo().objective_function_value


def main():
    draw = random.Random(SEED)
    lines = []
    while len(lines) < INSTANCES:
        agents, kinds, contacts, load = instance(draw)
        value = bound(agents, kinds, contacts)
        # Where hardly anybody has to wait there is nothing to compare.
        if value < 0.05:
            continue
        desk = {"agents": agents, "kinds": kinds, "contacts": contacts, "load": round(load, 3), "bound": round(value, 6)}
        lines.append(json.dumps(desk, separators=(",", ":")))
        print(len(lines), desk["load"], desk["bound"], flush=True)
    pathlib.Path(__file__).with_name("optimum.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
