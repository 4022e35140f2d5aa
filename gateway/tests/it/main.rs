//! The router as a browser and a program see it, over services that answer what each test says.

mod api;
mod fake;
mod pages;
mod security;
