internal import CPQ
internal import Glibc

/// What the store can't start with, in one sentence for the operator.
package struct FleetStoreError: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// PostgreSQL's client library.
package enum PostgresLibrary {
  /// Loads it, once.
  ///
  /// - Throws: what is missing, and which package has it.
  package static func load() throws(FleetStoreError) {
    // SAFETY: the text is static.
    var reason: UnsafePointer<CChar>? = nil
    guard unsafe !cpq_load(&reason) else { return }
    throw unsafe FleetStoreError(reason.map { unsafe String(cString: $0) } ?? "libpq is missing")
  }
}

/// A connection of libpq with one owner, closed in `deinit`.
///
/// Hazard: libpq lets one thread at a time use a connection. The thread that connects gives the
/// handle away once it is connected, and keeps no reference.
@safe final class PostgresHandle: Sendable {
  // SAFETY: valid from init to deinit.
  nonisolated(unsafe) let pointer: OpaquePointer
  // SAFETY: written by libpq, in calls of the thread that uses the connection; freed after it.
  private nonisolated(unsafe) let warned: UnsafeMutablePointer<Bool>

  /// Begins to connect. Nil without memory.
  init?(_ parameters: [(keyword: String, value: String)]) {
    // SAFETY: both lists end with nil and live, with their strings, until the call has returned.
    var keywords = unsafe parameters.map { unsafe UnsafePointer(strdup($0.keyword)) }
    var values = unsafe parameters.map { unsafe UnsafePointer(strdup($0.value)) }
    defer { unsafe (keywords + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    unsafe keywords.append(nil)
    unsafe values.append(nil)
    guard let pointer = unsafe cpq_connect_start(keywords, values) else { return nil }
    unsafe self.pointer = pointer
    unsafe warned = .allocate(capacity: 1)
    unsafe warned.initialize(to: false)
    unsafe cpq_note_warnings(pointer, warned)
  }

  deinit {
    unsafe cpq_finish(pointer)
    unsafe warned.deallocate()
  }

  /// Whether the server has sent a warning since this was set to false.
  var hasWarning: Bool {
    get { unsafe warned.pointee }
    set { unsafe warned.pointee = newValue }
  }

  var isOpen: Bool { unsafe Int(cpq_status(pointer)) == CPQ_CONNECTION_OK }

  /// Whether no transaction is open.
  var isIdle: Bool { unsafe Int(cpq_transaction_status(pointer)) == CPQ_TRANSACTION_IDLE }

  var socket: Int32 { unsafe cpq_socket(pointer) }

  /// The last error, on one line.
  var message: String {
    unsafe cpq_error_message(pointer).map { unsafe OneLine.text($0) } ?? "unknown error"
  }
}

/// Texts of libpq, which end with a new line and may have several.
enum OneLine {
  @unsafe static func text(_ pointer: UnsafePointer<CChar>) -> String {
    // SAFETY: the caller's text ends with a zero.
    let lines = unsafe String(cString: pointer).split(whereSeparator: \.isNewline)
    return lines.map { line in
      String(line.drop { $0 == " " || $0 == "\t" })
    }.joined(separator: "; ")
  }
}
