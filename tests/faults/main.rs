//! Whatever dies, nothing is lost, nothing is done twice: the product under load, with robot agents that accept and
//! answer, while its processes are killed, its links cut, its bus forgets everything, its database crashes and its disk is
//! full. Then the history of what was promised is compared with what is stored. `docs/faults.md` has the figures.

mod disks;
mod links;
mod noisy;
mod poison;
mod processes;
mod steps;
mod stores;
mod trial;
mod upgrades;
