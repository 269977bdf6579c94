//! `key_turn`: the last turn that a key was given in a device's round robin.

use diesel::prelude::*;

use crate::backend::{Conn, Words as _, words};
use crate::lane::TurnKey;
use crate::schema::key_turn;

pub(crate) fn load(conn: &mut Conn, (device, key, priority): TurnKey) -> QueryResult<Option<i64>> {
    key_turn::table
        .filter(key_turn::device_id.eq(device.as_bytes().as_slice()))
        .filter(key_turn::key_id.eq(key.as_bytes().as_slice()))
        .filter(key_turn::priority.eq(priority.number()))
        .select(key_turn::turn)
        .first(conn)
        .optional()
}

words!(Store = "UPDATE key_turn SET turn = ? WHERE device_id = ? AND key_id = ? AND priority = ?");

pub(crate) fn store(conn: &mut Conn, (device, key, priority): TurnKey, turn: i64) -> QueryResult<()> {
    let update =
        Store::with([turn.into(), device.as_bytes().into(), key.as_bytes().into(), priority.number().into()]);
    if update.run(conn)? == 0 {
        diesel::insert_into(key_turn::table)
            .values((
                key_turn::device_id.eq(device.as_bytes().as_slice()),
                key_turn::key_id.eq(key.as_bytes().as_slice()),
                key_turn::priority.eq(priority.number()),
                key_turn::turn.eq(turn),
            ))
            .execute(conn)?;
    }
    Ok(())
}
