"""Models of an account, what they may cost, and what the designer remembers. Runs before the code.

``model_spend`` is a sum by day (UTC), kept by a trigger on ``model_calls``: it outlives the calls, which go with their
runs, and is what budgets are measured by. A sum has as many parts as calls were written down at once: each adds to one
that nobody holds, so that no writer waits for another. ``weft_reserve_model_call`` sets an estimate aside before a call,
under a lock of the account: two calls at once cannot both take what is left. Whoever holds that lock and stops (a
process that is paused) holds others up for two seconds and no longer: a runner's one connection hangs on it.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

TABLES = """
CREATE TABLE account_models (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    position integer NOT NULL,
    name text NOT NULL,
    provider text NOT NULL CHECK (provider IN ('openai', 'anthropic', 'local')),
    url text NOT NULL,
    model text NOT NULL,
    tier text NOT NULL DEFAULT '' CHECK (tier IN ('', 'fast', 'balanced', 'best')),
    usd_in numeric(12, 6) CHECK (usd_in >= 0),
    usd_out numeric(12, 6) CHECK (usd_out >= 0),
    sealed_key text,
    enabled boolean NOT NULL DEFAULT true,
    probe jsonb NOT NULL DEFAULT '{}',
    probed_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name),
    CHECK ((usd_in IS NULL) = (usd_out IS NULL))
);

CREATE TABLE preferences (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 300),
    said_by uuid,
    conversation_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, text),
    FOREIGN KEY (account_id, said_by) REFERENCES users (account_id, id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
        ON DELETE SET NULL (conversation_id)
);

CREATE TABLE model_spend (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    day date NOT NULL,
    model text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('designer', 'runs', 'other')),
    calls bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    tokens_in bigint NOT NULL DEFAULT 0,
    tokens_out bigint NOT NULL DEFAULT 0,
    usd numeric NOT NULL DEFAULT 0,
    part uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (account_id, day, model, purpose, part)
) WITH (fillfactor = 70);

CREATE TABLE model_reservations (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    conversation_id uuid,
    usd numeric NOT NULL,
    tokens bigint NOT NULL,
    until timestamptz NOT NULL
);
CREATE INDEX model_reservations_of_account ON model_reservations (account_id);
CREATE INDEX model_calls_of_conversation ON model_calls (conversation_id) WHERE conversation_id IS NOT NULL;
"""

SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON {table}
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
"""

# A runner reads the models' rows as it reads the connectors': of all accounts. The keys in them are sealed, and what
# opens them is not in the database.
POLICIES = """
CREATE POLICY runner ON account_models FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON model_spend FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON model_reservations TO weft_runner USING (true) WITH CHECK (true);
CREATE POLICY metering ON model_spend TO CURRENT_USER USING (current_setting('app.metering', true) = 'on');
CREATE POLICY metering ON model_calls FOR SELECT TO CURRENT_USER
    USING (current_setting('app.metering', true) = 'on');

GRANT SELECT, INSERT, UPDATE, DELETE ON account_models TO weft_app;
GRANT SELECT, INSERT, DELETE ON preferences TO weft_app;
GRANT SELECT ON model_spend TO weft_app;
GRANT SELECT, INSERT, DELETE ON model_reservations TO weft_app;

GRANT SELECT (id, account_id, position, name, provider, url, model, tier, usd_in, usd_out, sealed_key, enabled, probe,
    updated_at) ON account_models TO weft_runner;
GRANT SELECT ON model_spend TO weft_runner;
GRANT SELECT, INSERT, DELETE ON model_reservations TO weft_runner;
"""

SPEND = """
CREATE FUNCTION weft_purpose(conversation uuid, run uuid) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN run IS NOT NULL THEN 'runs' WHEN conversation IS NOT NULL THEN 'designer' ELSE 'other' END
$$;

CREATE FUNCTION weft_spend() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.metering', true), '');
BEGIN
    PERFORM set_config('app.metering', 'on', true);
    UPDATE model_spend SET calls = calls + 1, failed = failed + (NEW.error IS NOT NULL)::int,
        tokens_in = tokens_in + NEW.tokens_in, tokens_out = tokens_out + NEW.tokens_out, usd = usd + NEW.cost_usd
    WHERE ctid = (
        SELECT ctid FROM model_spend WHERE account_id = NEW.account_id AND day = (NEW.at AT TIME ZONE 'UTC')::date
        AND model = NEW.model AND purpose = weft_purpose(NEW.conversation_id, NEW.run_id)
        LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO model_spend (account_id, day, model, purpose, calls, failed, tokens_in, tokens_out, usd) VALUES (
            NEW.account_id, (NEW.at AT TIME ZONE 'UTC')::date, NEW.model,
            weft_purpose(NEW.conversation_id, NEW.run_id), 1, (NEW.error IS NOT NULL)::int, NEW.tokens_in,
            NEW.tokens_out, NEW.cost_usd);
    END IF;
    PERFORM set_config('app.metering', before, true);
    RETURN NULL;
END $$;
CREATE TRIGGER model_calls_spend AFTER INSERT ON model_calls FOR EACH ROW EXECUTE FUNCTION weft_spend();
REVOKE ALL ON FUNCTION weft_spend() FROM PUBLIC;

LOCK TABLE model_calls IN SHARE ROW EXCLUSIVE MODE;
SELECT set_config('app.metering', 'on', true);
INSERT INTO model_spend (account_id, day, model, purpose, calls, failed, tokens_in, tokens_out, usd)
    SELECT account_id, (at AT TIME ZONE 'UTC')::date, model, weft_purpose(conversation_id, run_id), count(*),
        count(error), sum(tokens_in), sum(tokens_out), sum(cost_usd)
    FROM model_calls GROUP BY 1, 2, 3, 4;
SELECT set_config('app.metering', '', true);
"""

# The limits are in ``accounts.settings -> 'model_budgets'``: conversation_usd, conversation_tokens, day_..., month_...
# An answer with ``over`` names the first that the call would go past, what was used of it and what is held. The caller
# is bound by the policies of its role: nobody reserves in another's account.
RESERVE = """
CREATE FUNCTION weft_reserve_model_call(of_account uuid, of_conversation uuid, guess_usd numeric, guess_tokens bigint,
    seconds double precision, OUT reservation uuid, OUT over text, OUT used numeric, OUT held numeric, OUT most numeric)
    LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    limits jsonb := (SELECT settings -> 'model_budgets' FROM accounts WHERE id = of_account);
    today date;
    span text;
    unit text;
    guess numeric;
BEGIN
    IF limits IS NULL OR limits = '{}'::jsonb THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('weft model budget ' || of_account, 0));
    today := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    DELETE FROM model_reservations WHERE account_id = of_account AND until < clock_timestamp();
    FOREACH span IN ARRAY ARRAY['conversation', 'day', 'month'] LOOP
        FOREACH unit IN ARRAY ARRAY['usd', 'tokens'] LOOP
            most := (limits ->> (span || '_' || unit))::numeric;
            CONTINUE WHEN most IS NULL OR (span = 'conversation' AND of_conversation IS NULL);
            IF span = 'conversation' THEN
                SELECT coalesce(sum(CASE unit WHEN 'usd' THEN cost_usd ELSE tokens_in + tokens_out END), 0) INTO used
                    FROM model_calls WHERE account_id = of_account AND conversation_id = of_conversation;
            ELSE
                SELECT coalesce(sum(CASE unit WHEN 'usd' THEN usd ELSE tokens_in + tokens_out END), 0) INTO used
                    FROM model_spend WHERE account_id = of_account
                    AND day >= CASE span WHEN 'day' THEN today ELSE date_trunc('month', today)::date END;
            END IF;
            SELECT coalesce(sum(CASE unit WHEN 'usd' THEN r.usd ELSE r.tokens END), 0) INTO held
                FROM model_reservations r WHERE r.account_id = of_account
                AND (span <> 'conversation' OR r.conversation_id = of_conversation);
            guess := CASE unit WHEN 'usd' THEN guess_usd ELSE guess_tokens END;
            IF used + held >= most OR used + held + guess > most THEN
                over := span || '_' || unit;
                RETURN;
            END IF;
        END LOOP;
    END LOOP;
    reservation := gen_random_uuid();
    INSERT INTO model_reservations (id, account_id, conversation_id, usd, tokens, until) VALUES
        (reservation, of_account, of_conversation, guess_usd, guess_tokens,
         clock_timestamp() + make_interval(secs => seconds));
END $$;
REVOKE ALL ON FUNCTION weft_reserve_model_call(uuid, uuid, numeric, bigint, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_reserve_model_call(uuid, uuid, numeric, bigint, double precision)
    TO weft_app, weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("account_models", "preferences", "model_spend", "model_reservations"):
        op.execute(SECURITY.format(table=table))
    op.execute(POLICIES)
    op.execute(SPEND)
    op.execute(RESERVE)
