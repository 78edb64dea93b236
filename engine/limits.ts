/**
 * Every bound of the product with its unit and reason. Rows under "scaled" describe durations of Azure and are divided by
 * the configured time scale, which is 1 except against a simulator that runs faster than Azure.
 */

// Scaled: durations of Azure.

/** Quiet time: 30 s send timeout + 60 s for a request still in flight + 30 s until lists show new work. */
export const QUIET_MS = 120_000;
/** How long lists may not show what a GET shows. */
export const LIST_LAG_MS = 30_000;
/** Site Recovery asks for 30 s between two looks at a job (its Retry-After). */
export const JOB_POLL_MS = 30_000;
/** Backup asks for 60 s between two looks at a job (its Retry-After). */
export const BACKUP_JOB_POLL_MS = 60_000;
/** Compute asks for 10 s between two looks at a machine (its Retry-After). */
export const VM_POLL_MS = 10_000;
/** How long to wait before a target is read again that does not show the end of its operation yet. */
export const VERIFY_POLL_MS = 10_000;
/** How long to wait for work of somebody else on the same target before it is looked at again. */
export const OTHER_WORK_POLL_MS = 30_000;
/** A Retry-After below this is raised to it, so that a broken answer cannot make us hammer Azure. */
export const RETRY_AFTER_MIN_MS = 5_000;
/** A Retry-After of a poll above this is lowered to it, so that the end of an operation is seen soon. */
export const RETRY_AFTER_MAX_MS = 60_000;

// Not scaled: clocks, connections and sizes of our own.

/** One request that may have an effect ends after this time; the outcome is then ambiguous. */
export const SUBMIT_TIMEOUT_MS = 30_000;
/** One read with its retries ends after this time. */
export const READ_TIMEOUT_MS = 30_000;
/** How often the read client repeats a GET that failed with 429, 5xx or a lost connection. */
export const READ_RETRY_MAX = 3;
/** How long to wait after an answer that names no Retry-After: a lost connection, a server error, a throttled request. */
export const RETRY_DEFAULT_MS = 5_000;
/** What Azure told about a limit counts for this long: limits fill up again, and somebody has to look. */
export const BUDGET_FRESH_MS = 15_000;
/** Of answers that come this close to each other the lowest counts. */
export const BUDGET_LOWEST_MS = 5_000;
/** For so many resources it is remembered when they were looked at. */
export const BUDGET_PATHS_MAX = 10_000;
/** How many jobs of a vault are read one by one; of more than these a list tells which have changed. */
export const FOLLOWED_ALONE_MAX = 3;
/** How long a job that nobody asks about still counts as followed. */
export const FOLLOWED_FOR_MS = 300_000;
/** How often in a row a list may stand for a job before the job itself is read. */
export const FOLLOWED_LISTS_MAX = 9;
/** How often a worker hears which limits of Azure other workers have used up. */
export const LIMITS_POLL_MS = 1_000;
/** A refused token is fetched anew; the next send may follow at once. */
export const RETRY_TOKEN_MS = 1_000;
/** A token that ends sooner than this is replaced: the steps of one attempt must not begin with it and end without. */
export const TOKEN_FRESH_MS = 300_000;
/** One request for a token, with its retries, ends after this time. */
export const TOKEN_TIMEOUT_MS = 25_000;
/** A proxy has a connection ready within this time, or counts as unreachable. */
export const PROXY_CONNECT_MS = 15_000;
/** Job lists are searched from this long before a step became ready: Azure's clock may be behind ours. */
export const JOB_WINDOW_MARGIN_MS = 300_000;
/** A recovery point is asked to live this much longer than wanted: the hour of its expiry carries our mark. */
export const BACKUP_EXPIRY_MARGIN_MS = 60_000;
/** How many answers "again" of one step are remembered with the requests they were about. */
export const EARLIER_MAX = 10;
/** How many jobs of a list are read one by one to find ours; lists hide the id that tells. */
export const JOB_CANDIDATES_MAX = 100;
/** Longest operation URL that is kept: Site Recovery signs URLs of about 3 KB. */
export const OPERATION_URL_MAX_CHARS = 8_192;
/** Managed run commands return the last 4 KiB of each stream. */
export const RUN_COMMAND_OUTPUT_MAX_BYTES = 4_096;
/** A managed run command that was accepted shows at its own URL within this time; before, a 404 says nothing. */
export const RUN_COMMAND_VISIBLE_MS = 30_000;
/** How many items of a recovery plan are read at the same time. */
export const PLAN_READS_AT_ONCE = 5;
/** A board of applications waits no longer than this for what Azure says about machines that no drill covers. */
export const DRILL_COVERAGE_WAIT_MS = 8_000;
/** Machines whose backups are looked at for one page: two reads each, of which a vault allows some hundreds in a few minutes. */
export const BACKUP_MACHINES_MAX = 100;

// Runs: leases, waits and windows of the engine. Not scaled, except where the name of a setting says otherwise.

/** A run is held for this long without a renewal: long enough for a pause of the garbage collector, short enough for a takeover. */
export const LEASE_MS = 30_000;
/** An intent needs this much lease, so that a send of 30 s cannot outlive it. */
export const INTENT_LEASE_MS = 60_000;
/** A send starts only with this much lease left: its time-out and five seconds. */
export const SEND_MARGIN_MS = 35_000;
/** A holder keeps its lease over waits up to this long and gives the run back for longer ones. */
export const HOLD_MAX_MS = 60_000;
/** How often a holder looks for commands of people while it waits. */
export const INBOX_POLL_MS = 2_000;
/** How often each process looks for runs that nobody holds. */
export const SCAN_MS = 15_000;
/** How often each server looks for readiness checks that nothing needs any more. */
export const RETENTION_MS = 60_000;
/** So many old runs are looked at in one such look: each costs the reading of its steps. */
export const RETENTION_LOOKED_AT = 200;
/** So many runs are removed in one look: a store that holds years of them must not stand still. */
export const REMOVED_MAX = 100;
/** So many go in one write, named by one entry of the chain of the installation. */
export const REMOVED_AT_ONCE = 20;
/** So many of the newest runs of a runbook's checks are asked whether they tell what an old one told. */
export const NEWER_CHECKS_MAX = 3;
/** So many of the runs right behind an old one are asked where the newest have no answer, as of a machine that is unreachable for days. */
export const NEXT_CHECKS_MAX = 2;
/** How many leaves of one run are worked on at the same time by its holder, whatever `max_parallel` says: each may hold a connection. */
export const LEAVES_AT_ONCE = 100;
/** A script ends after this time when its step does not say otherwise. */
export const RUN_TIMEOUT_MS = 900_000;
/** How long an operation that passed its step's time-out is still followed before a person is asked. */
export const OVERTIME_MS = 600_000;
/** How long a target may contradict the end of its operation before the step fails with kind `verify`. */
export const VERIFY_WINDOW_MS = 300_000;
/** How long a step waits for targets that another run holds. */
export const LOCK_WAIT_MS = 600_000;
/** How long to wait before a lock that another run holds is asked for again. */
export const LOCK_POLL_MS = 10_000;
/** People have this long to decide before a severe step, unless its author gives them more. */
export const APPROVAL_SEVERE_MS = 14_400_000;
/** The first effect behind an approval must start within this time. */
export const APPROVAL_USE_MS = 3_600_000;
/** For steps with windows, an approval waits at most this long for the end of the next one. */
export const APPROVAL_USE_WINDOW_MS = 345_600_000;
/** Effects behind an approval start for this long after the first one; then it is asked for again. */
export const APPROVAL_EFFECTS_MS = 28_800_000;
/** How often somebody looks whether what holds a step or a run still does: freezes are lifted and locks given back at any time. */
export const HOLD_LOOK_MS = 30_000;
/** How often each worker reads the kill switch and the freezes. */
export const STOPS_POLL_MS = 2_000;
/** A kill switch that could not be read for this long counts as on. */
export const STOPS_STALE_MS = 5_000;
/** Readiness checks that are older than this when the last approval is given are made again. */
export const READINESS_AGE_MAX_MS = 300_000;
/** How often a run looks at a run that it called; the called one tells its end at once, this is for when that is lost. */
export const CALL_POLL_MS = 30_000;
/** How often a ready step is looked at again when its answer names no time. */
export const UNANSWERED_MS = 5_000;
/** So many claims in a row that ended without progress park a run for a person. The claim that finds out counts itself as one more. */
export const STRIKES_MAX = 3;
/** Longest wait between two attempts of a step. */
export const RETRY_DELAY_MAX_MS = 300_000;
/** Most outputs of one step: 64 KiB of JSON text. */
export const OUTPUT_MAX_CHARS = 65_536;
/** A plan may be started for this long after it was made. */
export const PLAN_AGE_MAX_MS = 86_400_000;
/** A severe plan may be started for this long after it was made. */
export const PLAN_AGE_SEVERE_MS = 3_600_000;
/** How much of each output stream of a script is kept in a record: its end, where errors stand. */
export const SCRIPT_OUTPUT_MAX_BYTES = 65_536;
/** A script that is stopped gets TERM, and KILL after this time. */
export const SCRIPT_KILL_AFTER_MS = 30_000;
/** One value of a script's environment: Linux passes at most 128 KiB in one string, and records hold it as well. */
export const SCRIPT_ENV_VALUE_MAX_BYTES = 32_768;
/** All values of a script's environment together. */
export const SCRIPT_ENV_MAX_BYTES = 131_072;
/** Longest script; a runbook is at most 256 KiB. */
export const SCRIPT_MAX_BYTES = 262_144;
/** An SSH connection that is not ready after this time counts as unreachable. */
export const SSH_CONNECT_TIMEOUT_MS = 15_000;
/** One request over SSH starts or looks at a script and never waits for its end. */
export const SSH_REQUEST_TIMEOUT_MS = 30_000;
/** A connection nobody used for this time is closed, so that a worker does not keep one to every machine it ever met. */
export const SSH_IDLE_MS = 300_000;
/** How long a read of an action waits for its script at the target before it lets the step be looked at later. */
export const SCRIPT_WAIT_MS = 10_000;
/** Secrets that cannot be read now are asked for again after this time. */
export const SECRET_RETRY_MS = 30_000;
/** One request of a check ends after this time, wherever it is made. */
export const CHECK_REQUEST_MS = 30_000;
/** A connection of a check is open within this time or counts as closed. */
export const CHECK_CONNECT_MS = 10_000;
/** A look at a certificate ends after this time. */
export const CHECK_TLS_MS = 15_000;
/** A question to a name server is answered within this time or counts as unanswered. */
export const CHECK_DNS_MS = 10_000;
/** A notice that provably was not sent is tried this often, with at most this time in between; longer ones are cut. */
export const NOTICE_TRIES = 3;
export const NOTICE_RETRY_MS = 10_000;
export const NOTICE_CHARS = 4_000;
/** One message to a channel is answered within this time, or nobody knows whether it was taken. */
export const CHANNEL_SEND_MS = 15_000;
/** How long a step may try to send a message. */
export const NOTICE_TIMEOUT_MS = 30_000;
/** What a check from the target may take beside its request: managed run commands need 20 to 60 s to begin. */
export const CHECK_TRANSPORT_MS = 120_000;
/** How much of an answer's body a check keeps in its result; what was expected is looked for in all of it. */
export const CHECK_BODY_MAX_CHARS = 16_384;
/** One observation of a drift check ends after this time, in seconds. */
export const PROBE_SECONDS = 10;
/** One script of a drift check ends after this time. */
export const PROBE_SCRIPT_MS = 120_000;
/** Characters of compressed answers that fit into what a managed run command returns, with room for noise of the machine. */
export const PROBE_PACKED_MAX_CHARS = 3_400;
/** Bytes of one answer that are read over Run Command. */
export const PROBE_ANSWER_PACKED_MAX_BYTES = 1_500;
/** Bytes of one answer that are read over SSH and on the worker. */
export const PROBE_ANSWER_MAX_BYTES = 16_384;
/** Observations in one script: with arguments of usual length it stays below the longest script. */
export const PROBE_REQUESTS_MAX = 1000;
/** Observations whose frames come as they are over SSH and on the worker, so that those before a hanging one count; more come compressed. */
export const PROBE_PLAIN_MAX = 200;
/** Characters of compressed answers over SSH and on the worker: below what is kept of an output. */
export const PROBE_MANY_MAX_CHARS = 60_000;
/** Observations that are asked alone in one script. */
export const PROBE_ALONE_MAX = 100;
/** Scripts of one check of one machine: a machine holds 25 managed run commands at most. */
export const PROBE_SCRIPTS_MAX = 16;
/** A set of one machine: below the time-out of its action, so that its end is seen. */
export const SET_SCRIPT_MS = 840_000;
/** Verdicts and their evidence are kept for this long. */
export const DRIFT_KEEP_MS = 34_560_000_000;

/** Answers to requests with a key are kept for this long: a script that was stopped over the weekend still finds its answer. */
export const ANSWER_KEEP_MS = 604_800_000;

// Schedules.

/** A run that a process was about to create is not created any more after this time: its process gave up or is gone. */
export const SLOT_SETTLE_MS = 600_000;
/** A schedule that owes more slots than this at once is parked for a person: a clock has leapt, or nobody looked for very long. */
export const OWED_SLOTS_MAX = 100;
/** A slot that is looked at later than this after its time counts as missed: the heartbeat comes every second. */
export const ON_TIME_MS = 60_000;
/** A run that starts later than this after its slot is late: a takeover and a plan take far less. */
export const LATE_START_MS = 300_000;
/** A worker that took a notice about a slot and is not done with it after this time has stopped: whether it arrived is not known. */
export const NOTICE_LOST_MS = 300_000;
/** Records of slots that are kept for each schedule. */
export const SLOTS_KEPT = 1_000;
/** Readiness checks of one period are spread over at most this much time. */
export const CHECKS_JITTER_MAX_MS = 300_000;
/** How many schedules are looked at in one beat of one server. */
export const DUE_AT_ONCE = 500;
/** A schedule catches up at most this much later unless it says otherwise, and never more than half its period. */
export const CATCH_UP_MAX_MS = 3_600_000;

/** Clocks that are further apart are a finding. */
export const CLOCK_SKEW_MAX_MS = 30_000;

/** An outage that was declared to be longer ago is taken for a slip of the pen. */
export const OUTAGE_AGE_MAX_MS = 7 * 86_400_000;
