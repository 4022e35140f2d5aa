-- The roles and schemas of Guichet in a PostgreSQL that others run: no superuser is needed, only the administrator that a
-- managed server gives (CREATEROLE, and owner of the database). Run it again to change a password or after an upgrade.
--
--   createdb guichet
--   export MIGRATOR_PASSWORD=… INTAKE_PASSWORD=… ROUTING_PASSWORD=… NOTIFICATION_PASSWORD=… KNOWLEDGE_PASSWORD=…
--   psql --no-psqlrc --dbname guichet --file k8s/roles.sql
--
-- guichet_migrator owns every schema and is used by `guichet migrate` alone. Each service signs in as a role of its own,
-- which reads and writes the rows of its own schema, changes no table and sees no other schema. Passwords come from the
-- environment: those on a command line are seen by everybody on the machine.

\set ON_ERROR_STOP on
\getenv migrator_password MIGRATOR_PASSWORD
\getenv intake_password INTAKE_PASSWORD
\getenv routing_password ROUTING_PASSWORD
\getenv notification_password NOTIFICATION_PASSWORD
\getenv knowledge_password KNOWLEDGE_PASSWORD

SET client_min_messages = warning;
BEGIN;

SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY['guichet_migrator', 'guichet_intake', 'guichet_routing', 'guichet_notification', 'guichet_knowledge'])
    AS wanted (role)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

ALTER ROLE guichet_migrator PASSWORD :'migrator_password';
ALTER ROLE guichet_intake PASSWORD :'intake_password';
ALTER ROLE guichet_routing PASSWORD :'routing_password';
ALTER ROLE guichet_notification PASSWORD :'notification_password';
ALTER ROLE guichet_knowledge PASSWORD :'knowledge_password';

-- The administrator is no superuser: it acts for the owner of the schemas as a member of that role.
SELECT format('GRANT guichet_migrator TO %I', current_user)
WHERE NOT pg_has_role(current_user, 'guichet_migrator', 'USAGE')
\gexec

-- Nobody comes in for being somebody: each role is named.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO guichet_intake, guichet_routing, guichet_notification, guichet_knowledge',
    current_database()) \gexec
-- It makes tables in the schemas below, which are its own; it needs no right to make schemas.
SELECT format('GRANT CONNECT ON DATABASE %I TO guichet_migrator', current_database()) \gexec

CREATE SCHEMA IF NOT EXISTS intake AUTHORIZATION guichet_migrator;
CREATE SCHEMA IF NOT EXISTS routing AUTHORIZATION guichet_migrator;
CREATE SCHEMA IF NOT EXISTS notification AUTHORIZATION guichet_migrator;
CREATE SCHEMA IF NOT EXISTS knowledge AUTHORIZATION guichet_migrator;

SET ROLE guichet_migrator;
-- Per service: its schema, the rows of the tables that are there and of those that later releases add.
SELECT format(right_of, service, 'guichet_' || service)
FROM unnest(ARRAY['intake', 'routing', 'notification', 'knowledge']) AS known (service),
    unnest(ARRAY[
        'GRANT USAGE ON SCHEMA %1$I TO %2$I',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$I TO %2$I',
        'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %1$I TO %2$I',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA %1$I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %2$I',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA %1$I GRANT USAGE, SELECT ON SEQUENCES TO %2$I'
    ]) AS rights (right_of)
\gexec
RESET ROLE;

-- What a service asks for when it connects, said again here: a pooler in session mode may drop it (`options`).
SELECT format('ALTER ROLE %1$I IN DATABASE %2$I SET search_path = %3$I', 'guichet_' || service, current_database(), service)
FROM unnest(ARRAY['intake', 'routing', 'notification', 'knowledge']) AS known (service)
\gexec
SELECT format('ALTER ROLE %1$I IN DATABASE %2$I SET idle_in_transaction_session_timeout = %3$L',
    'guichet_' || service, current_database(), patience)
FROM (VALUES ('intake', '10s'), ('routing', '2s'), ('notification', '10s'), ('knowledge', '10s')) AS known (service, patience)
\gexec

COMMIT;
