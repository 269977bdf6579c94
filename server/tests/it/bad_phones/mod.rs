//! Bad input from phones: a typed refusal, the right close code, nothing half-stored, and nobody else suffers.

mod fuzz;
mod greeting;
mod hostile;
mod lines;
mod malformed;
mod pairing;
mod scene;
mod streams;
mod takeover;
mod tokens;
