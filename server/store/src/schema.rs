//! Tables as diesel sees them; the migrations are the truth.

diesel::table! {
    hub_state (id) {
        id -> Integer,
        incarnation -> Integer,
        alive_at -> BigInt,
        commits -> BigInt,
    }
}

diesel::table! {
    account (id) {
        id -> Binary,
        name -> Text,
        plan -> Text,
        burst -> Integer,
        refill_per_minute -> Integer,
        monthly_cap -> Nullable<Integer>,
        created_at -> BigInt,
        zone -> Text,
        spreading -> Integer,
        short_codes -> Integer,
    }
}

diesel::table! {
    usage (account_id, month) {
        account_id -> Binary,
        month -> Integer,
        accepted -> BigInt,
    }
}

diesel::table! {
    device (id) {
        id -> Binary,
        account_id -> Binary,
        name -> Text,
        generation -> Integer,
        paired_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        app_version -> Text,
        os -> Text,
        created_at -> BigInt,
        own_burst -> Nullable<Integer>,
        own_refill_per_minute -> Nullable<Integer>,
        deleted_at -> Nullable<BigInt>,
        leave_by -> Nullable<BigInt>,
        told -> SmallInt,
    }
}

diesel::table! {
    device_stream (device_id) {
        device_id -> Binary,
        account_id -> Binary,
        paired -> Integer,
        epoch -> BigInt,
        connected -> Integer,
        stalled -> Integer,
        paused -> Integer,
        journal_id -> Nullable<Binary>,
        up_seq -> BigInt,
        down_seq -> BigInt,
        resume_head -> BigInt,
        max_pending -> Integer,
        in_flight -> Integer,
        queued -> Integer,
        burst -> Integer,
        refill_per_minute -> Integer,
        arrival -> BigInt,
        turn_high -> BigInt,
        turn_normal -> BigInt,
        turn_low -> BigInt,
        last_seen_at -> Nullable<BigInt>,
        course -> Integer,
        restored -> Integer,
    }
}

diesel::table! {
    key_turn (device_id, key_id, priority) {
        device_id -> Binary,
        key_id -> Binary,
        priority -> SmallInt,
        turn -> BigInt,
    }
}

diesel::table! {
    idempotency (id) {
        id -> Binary,
        key_id -> Binary,
        name -> Text,
        fingerprint -> Binary,
        answer -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    sim (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        slot -> Integer,
        inserted -> Integer,
        number_set -> Nullable<Text>,
        number_told -> Nullable<Text>,
        carrier -> Nullable<Text>,
        subscription_id -> Nullable<BigInt>,
        iccid_hash -> Nullable<Text>,
        is_default -> Integer,
        seen_at -> BigInt,
    }
}

diesel::table! {
    line (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        sim_id -> Binary,
        slot -> Integer,
        number -> Text,
    }
}

diesel::table! {
    api_key (id) {
        id -> Binary,
        account_id -> Binary,
        line_id -> Binary,
        dialect -> Text,
        prefix -> Text,
        digest -> Binary,
        name -> Text,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    pairing (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        code -> Text,
        secret_digest -> Binary,
        expires_at -> BigInt,
        wrong_secrets -> Integer,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    outbound (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        key_id -> Binary,
        line_id -> Binary,
        sim_id -> Binary,
        slot -> Integer,
        recipient -> Text,
        recipient_normal -> Text,
        body -> Text,
        parts -> Integer,
        priority -> SmallInt,
        turn -> BigInt,
        created_at -> BigInt,
        scheduled_at -> Nullable<BigInt>,
        held_until -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        rank -> SmallInt,
        rank_at -> BigInt,
        rank_seq -> BigInt,
        journal_id -> Nullable<Binary>,
        down_seq -> Nullable<BigInt>,
        dispatched_at -> Nullable<BigInt>,
        sent_at -> Nullable<BigInt>,
        uncertain_at -> Nullable<BigInt>,
        failure_class -> Nullable<Text>,
        failure_code -> Nullable<Text>,
        failure_reason -> Nullable<Text>,
        restored_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    timeline (message_id, recorded_at, entry) {
        message_id -> Binary,
        recorded_at -> BigInt,
        entry -> Integer,
        up_seq -> BigInt,
        kind -> Text,
        happened_at -> BigInt,
        class -> Nullable<Text>,
        code -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    inbound (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        sim_id -> Nullable<Binary>,
        slot -> Integer,
        number -> Nullable<Text>,
        sender -> Text,
        sender_normal -> Text,
        body -> Text,
        parts -> Integer,
        smsc_at -> Nullable<BigInt>,
        digest -> Text,
        source -> Text,
        journal_id -> Binary,
        up_seq -> BigInt,
        received_at -> BigInt,
        created_at -> BigInt,
        swept_by -> Nullable<Binary>,
    }
}

diesel::table! {
    unreadable (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        journal_id -> Binary,
        up_seq -> BigInt,
        raw -> Text,
        why -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    recovered (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        journal_id -> Binary,
        up_seq -> BigInt,
        message_id -> Binary,
        kind -> Text,
        happened_at -> BigInt,
        raw -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    attention (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        kind -> Text,
        detail -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    command (id) {
        id -> Binary,
        account_id -> Binary,
        device_id -> Binary,
        kind -> Text,
        created_at -> BigInt,
        deadline_at -> BigInt,
        finished_at -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    webhook (id) {
        id -> Binary,
        account_id -> Binary,
        dialect -> Text,
        url -> Text,
        events -> Integer,
        include_body -> Integer,
        secret -> Binary,
        next_secret -> Nullable<Binary>,
        takes_over_at -> Nullable<BigInt>,
        status -> SmallInt,
        status_at -> BigInt,
        paused_nanos -> BigInt,
        succeeded_at -> Nullable<BigInt>,
        failing_since -> Nullable<BigInt>,
        created_at -> BigInt,
        failed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    notice (id) {
        id -> Binary,
        event_id -> Binary,
        webhook_id -> Binary,
        account_id -> Binary,
        kind -> SmallInt,
        about -> Binary,
        chain -> Binary,
        happened_at -> BigInt,
        device_id -> Nullable<Binary>,
        number -> Nullable<Text>,
        body -> Nullable<Text>,
        slot -> Nullable<Integer>,
        own_number -> Nullable<Text>,
        reason -> Nullable<Text>,
        created_at -> BigInt,
        paused_nanos -> BigInt,
        attempts -> Integer,
        status -> SmallInt,
        next_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    attempt (webhook_id, notice_id, number) {
        webhook_id -> Binary,
        notice_id -> Binary,
        number -> Integer,
        at -> BigInt,
        took_nanos -> BigInt,
        status -> Nullable<Integer>,
        answer -> Text,
        error -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(attempt, notice, webhook);
diesel::allow_tables_to_appear_in_same_query!(account, api_key, device, device_stream, line, outbound, sim);
