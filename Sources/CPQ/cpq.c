#include "cpq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// Where the library's header is installed, the compiler checks all of the below against it.
#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#define HAS_HEADER 1
typedef PQconninfoOption option;
typedef ConnStatusType connection_status;
typedef PostgresPollingStatusType polling_status;
typedef PGTransactionStatusType transaction_status;
typedef ExecStatusType result_status;
#else
typedef cpq_option option;
typedef int connection_status;
typedef int polling_status;
typedef int transaction_status;
typedef int result_status;
#endif
typedef void notice_receiver(void *, const cpq_result *);

// The functions that are used: result, name, parameters.
#define FUNCTIONS(F)                                                                              \
  F(option *, PQconninfoParse, (const char *, char **))                                           \
  F(void, PQconninfoFree, (option *))                                                             \
  F(void, PQfreemem, (void *))                                                                    \
  F(cpq_connection *, PQconnectStartParams, (const char *const *, const char *const *, int))      \
  F(polling_status, PQconnectPoll, (cpq_connection *))                                            \
  F(void, PQfinish, (cpq_connection *))                                                           \
  F(option *, PQconninfo, (cpq_connection *))                                                     \
  F(connection_status, PQstatus, (const cpq_connection *))                                        \
  F(transaction_status, PQtransactionStatus, (const cpq_connection *))                            \
  F(int, PQsocket, (const cpq_connection *))                                                      \
  F(char *, PQerrorMessage, (const cpq_connection *))                                             \
  F(int, PQsetnonblocking, (cpq_connection *, int))                                               \
  F(notice_receiver *, PQsetNoticeReceiver, (cpq_connection *, notice_receiver *, void *))        \
  F(int, PQsendQueryParams,                                                                       \
    (cpq_connection *, const char *, int, const unsigned *, const char *const *, const int *,     \
     const int *, int))                                                                           \
  F(int, PQsendQuery, (cpq_connection *, const char *))                                           \
  F(int, PQflush, (cpq_connection *))                                                             \
  F(int, PQconsumeInput, (cpq_connection *))                                                      \
  F(int, PQisBusy, (cpq_connection *))                                                            \
  F(cpq_result *, PQgetResult, (cpq_connection *))                                                \
  F(void, PQclear, (cpq_result *))                                                                \
  F(result_status, PQresultStatus, (const cpq_result *))                                          \
  F(char *, PQresultErrorField, (const cpq_result *, int))                                        \
  F(char *, PQresultErrorMessage, (const cpq_result *))                                           \
  F(char *, PQcmdTuples, (cpq_result *))                                                          \
  F(int, PQntuples, (const cpq_result *))                                                         \
  F(int, PQnfields, (const cpq_result *))                                                         \
  F(char *, PQgetvalue, (const cpq_result *, int, int))                                           \
  F(int, PQgetlength, (const cpq_result *, int, int))                                             \
  F(int, PQgetisnull, (const cpq_result *, int, int))

#define POINTER(RESULT, NAME, PARAMETERS) static RESULT(*NAME##_) PARAMETERS;
FUNCTIONS(POINTER)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_loaded;
static char reason[512];

static void load(void) {
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(
        reason, sizeof reason, "a fleet needs PostgreSQL's client library: install libpq5 (%s)",
        dlerror());
    return;
  }
#define FIND(RESULT, NAME, PARAMETERS)                                                            \
  if (!(NAME##_ = (RESULT(*) PARAMETERS)dlsym(library, #NAME))) {                                 \
    snprintf(reason, sizeof reason, "libpq.so.5 is too old: it has no %s", #NAME);                \
    return;                                                                                       \
  }
  FUNCTIONS(FIND)
  is_loaded = true;
}

bool cpq_load(const char **error) {
  pthread_once(&once, load);
  *error = reason;
  return is_loaded;
}

cpq_option *cpq_parse(const char *text, char **error) {
  return (cpq_option *)PQconninfoParse_(text, error);
}
void cpq_free_options(cpq_option *options) { PQconninfoFree_((option *)options); }
void cpq_free_memory(void *memory) { PQfreemem_(memory); }

cpq_connection *cpq_connect_start(const char *const *keywords, const char *const *values) {
  return PQconnectStartParams_(keywords, values, 0);
}
int cpq_connect_poll(cpq_connection *connection) { return PQconnectPoll_(connection); }
void cpq_finish(cpq_connection *connection) { PQfinish_(connection); }
cpq_option *cpq_options(cpq_connection *connection) {
  return (cpq_option *)PQconninfo_(connection);
}

int cpq_status(const cpq_connection *connection) { return PQstatus_(connection); }
int cpq_transaction_status(const cpq_connection *connection) {
  return PQtransactionStatus_(connection);
}
int cpq_socket(const cpq_connection *connection) { return PQsocket_(connection); }
const char *cpq_error_message(const cpq_connection *connection) {
  return PQerrorMessage_(connection);
}
int cpq_set_nonblocking(cpq_connection *connection) { return PQsetnonblocking_(connection, 1); }

static void note(void *warned, const cpq_result *notice) {
  const char *severity = PQresultErrorField_(notice, CPQ_SEVERITY);
  // A server before 9.6 sends no severity in English.
  if (!severity || !strcmp(severity, "WARNING")) *(bool *)warned = true;
}

void cpq_note_warnings(cpq_connection *connection, bool *warned) {
  PQsetNoticeReceiver_(connection, note, warned);
}

int cpq_send(
    cpq_connection *connection, const char *statement, int count, const unsigned *types,
    const char *const *values, const int *lengths, const int *formats) {
  return PQsendQueryParams_(
      connection, statement, count, types, values, lengths, formats, /* binary */ 1);
}
int cpq_send_script(cpq_connection *connection, const char *script) {
  return PQsendQuery_(connection, script);
}
int cpq_flush(cpq_connection *connection) { return PQflush_(connection); }
int cpq_consume(cpq_connection *connection) { return PQconsumeInput_(connection); }
int cpq_is_busy(cpq_connection *connection) { return PQisBusy_(connection); }

cpq_result *cpq_get_result(cpq_connection *connection) { return PQgetResult_(connection); }
void cpq_clear(cpq_result *result) { PQclear_(result); }
int cpq_result_status(const cpq_result *result) { return PQresultStatus_(result); }
const char *cpq_result_field(const cpq_result *result, int field) {
  return PQresultErrorField_(result, field);
}
const char *cpq_result_error(const cpq_result *result) { return PQresultErrorMessage_(result); }
const char *cpq_command_tuples(cpq_result *result) { return PQcmdTuples_(result); }
int cpq_row_count(const cpq_result *result) { return PQntuples_(result); }
int cpq_column_count(const cpq_result *result) { return PQnfields_(result); }
const char *cpq_value(const cpq_result *result, int row, int column) {
  return PQgetvalue_(result, row, column);
}
int cpq_length(const cpq_result *result, int row, int column) {
  return PQgetlength_(result, row, column);
}
int cpq_is_null(const cpq_result *result, int row, int column) {
  return PQgetisnull_(result, row, column);
}

#ifdef HAS_HEADER
#define SAME(RESULT, NAME, PARAMETERS) \
  _Static_assert(__builtin_types_compatible_p(typeof(&NAME), RESULT(*) PARAMETERS), "same type");
FUNCTIONS(SAME)
_Static_assert(sizeof(cpq_option) == sizeof(option), "same size");
_Static_assert(offsetof(cpq_option, value) == offsetof(option, val), "same layout");
_Static_assert(sizeof(Oid) == sizeof(unsigned), "same size");
_Static_assert(sizeof(result_status) == sizeof(int), "same size");
_Static_assert((int)CPQ_CONNECTION_OK == (int)CONNECTION_OK, "same number");
_Static_assert((int)CPQ_CONNECTION_BAD == (int)CONNECTION_BAD, "same number");
_Static_assert((int)CPQ_POLLING_FAILED == (int)PGRES_POLLING_FAILED, "same number");
_Static_assert((int)CPQ_POLLING_READING == (int)PGRES_POLLING_READING, "same number");
_Static_assert((int)CPQ_POLLING_WRITING == (int)PGRES_POLLING_WRITING, "same number");
_Static_assert((int)CPQ_POLLING_OK == (int)PGRES_POLLING_OK, "same number");
_Static_assert((int)CPQ_COMMAND_OK == (int)PGRES_COMMAND_OK, "same number");
_Static_assert((int)CPQ_TUPLES_OK == (int)PGRES_TUPLES_OK, "same number");
_Static_assert((int)CPQ_TRANSACTION_IDLE == (int)PQTRANS_IDLE, "same number");
_Static_assert((int)CPQ_SEVERITY == (int)PG_DIAG_SEVERITY_NONLOCALIZED, "same letter");
_Static_assert((int)CPQ_STATE == (int)PG_DIAG_SQLSTATE, "same letter");
_Static_assert((int)CPQ_MESSAGE == (int)PG_DIAG_MESSAGE_PRIMARY, "same letter");
#endif
