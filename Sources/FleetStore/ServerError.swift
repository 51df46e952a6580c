internal import CPQ
internal import Fleet

/// What the server said went wrong with a statement.
struct ServerError {
  let state: String
  let message: String
  private let severity: String

  /// Reads a result that is no success. Without a state if libpq made it, not the server.
  @unsafe init(of result: OpaquePointer) {
    // SAFETY: the fields live as long as the result, and are copied.
    func field(_ code: Int) -> String? {
      unsafe cpq_result_field(result, Int32(code)).map {
        unsafe OneLine.text($0)
      }
    }
    state = field(CPQ_STATE) ?? ""
    severity = field(CPQ_SEVERITY) ?? ""
    message =
      field(CPQ_MESSAGE)
      ?? (unsafe cpq_result_error(result).map { unsafe OneLine.text($0) } ?? "unknown error")
  }

  /// Whether nothing of the statement stands, nor ever will: an ordinary error of a class that a
  /// server raises before it commits. Everything else leaves that open: a session that ended, or a
  /// pooler that lost the server behind it.
  var isDefinite: Bool {
    guard severity == "ERROR", state.utf8.count == 5, state != "40003" else { return false }
    return ["22", "23", "25", "40", "42", "53"].contains(state.prefix(2))
      || ["55P03", "57014"].contains(state)
  }

  var refusal: DatabaseRefusal {
    switch state {
    case Self.isolationState: DatabaseRefusal(state: state, message: Self.isolation)
    case "42501": DatabaseRefusal(state: state, message: message + Self.grants)
    default: DatabaseRefusal(state: state, message: message)
    }
  }

  /// `Request.isDurable` has failed: the values of a statement are in binary, so that no text of
  /// ours is read as a number elsewhere.
  private static let isolationState = "22P02"

  private static let isolation = """
    the role's transactions are not read committed: \
    alter role ... set default_transaction_isolation = 'read committed'
    """

  private static let grants = ": the role lacks a grant that `postern fleet init` has printed"

  /// For an attempt whose outcome is open.
  var text: String { state.isEmpty ? message : "\(message) (\(state))" }
}
