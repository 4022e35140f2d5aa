//! Whatever dies, nothing is lost, nothing is done twice: the product under load, with robot agents that accept and
//! answer, while its processes are killed, its bus forgets everything and its database crashes. Then the history of
//! what was promised is compared with what is stored.

mod faults;
