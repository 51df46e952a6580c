// PostgreSQL's client library, libpq.so.5, loaded when it is first asked for: a daemon without a
// fleet neither needs nor maps it. Each function behaves as the one of libpq it is named after;
// what it declares here is checked against libpq-fe.h where that header is installed. No logic
// lives here.
//
// Hazard: no function but `cpq_load` may be called before `cpq_load` has returned true. A
// connection and its results may be used by one thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// PGconn and PGresult.
typedef struct pg_conn cpq_connection;
typedef struct pg_result cpq_result;

// PQconninfoOption.
typedef struct {
  char *keyword;
  char *environment;
  char *compiled;
  char *value;
  char *label;
  char *display;
  int display_size;
} cpq_option;

// CONNECTION_OK and CONNECTION_BAD of ConnStatusType.
enum { CPQ_CONNECTION_OK = 0, CPQ_CONNECTION_BAD = 1 };

// PostgresPollingStatusType.
enum {
  CPQ_POLLING_FAILED = 0,
  CPQ_POLLING_READING = 1,
  CPQ_POLLING_WRITING = 2,
  CPQ_POLLING_OK = 3,
};

// Of ExecStatusType.
enum { CPQ_COMMAND_OK = 1, CPQ_TUPLES_OK = 2 };

// PQTRANS_IDLE of PGTransactionStatusType.
enum { CPQ_TRANSACTION_IDLE = 0 };

// Fields of an error: severity in English, the five characters of SQLSTATE, the message.
enum { CPQ_SEVERITY = 'V', CPQ_STATE = 'C', CPQ_MESSAGE = 'M' };

// Loads the library once. False: `error` is the reason, a text that stays.
bool cpq_load(const char **error);

cpq_option *cpq_parse(const char *text, char **error);
void cpq_free_options(cpq_option *options);
void cpq_free_memory(void *memory);

cpq_connection *cpq_connect_start(const char *const *keywords, const char *const *values);
int cpq_connect_poll(cpq_connection *connection);
void cpq_finish(cpq_connection *connection);
cpq_option *cpq_options(cpq_connection *connection);

int cpq_status(const cpq_connection *connection);
int cpq_transaction_status(const cpq_connection *connection);
int cpq_socket(const cpq_connection *connection);
const char *cpq_error_message(const cpq_connection *connection);
int cpq_set_nonblocking(cpq_connection *connection);

// Sets `*warned` when the server sends a warning, and prints nothing. `warned` must live as long as
// the connection.
void cpq_note_warnings(cpq_connection *connection, bool *warned);

// PQsendQueryParams, with all parameters and results in binary.
int cpq_send(
    cpq_connection *connection, const char *statement, int count, const unsigned *types,
    const char *const *values, const int *lengths, const int *formats);
// PQsendQuery: several statements, which are one transaction, without parameters.
int cpq_send_script(cpq_connection *connection, const char *script);
int cpq_flush(cpq_connection *connection);
int cpq_consume(cpq_connection *connection);
int cpq_is_busy(cpq_connection *connection);

cpq_result *cpq_get_result(cpq_connection *connection);
void cpq_clear(cpq_result *result);
int cpq_result_status(const cpq_result *result);
const char *cpq_result_field(const cpq_result *result, int field);
const char *cpq_result_error(const cpq_result *result);
const char *cpq_command_tuples(cpq_result *result);
int cpq_row_count(const cpq_result *result);
int cpq_column_count(const cpq_result *result);
const char *cpq_value(const cpq_result *result, int row, int column);
int cpq_length(const cpq_result *result, int row, int column);
int cpq_is_null(const cpq_result *result, int row, int column);
