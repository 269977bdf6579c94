//! What a restore of the hub needs: how devices stand is written down beside the database, and what it holds is an
//! operator's to decide about.

pub mod held;
pub mod standing;
