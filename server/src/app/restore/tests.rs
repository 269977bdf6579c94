//! A restore, step by step.
