/// Why a worker stopped taking calls off a connection.
enum PumpOutcome {
  /// There is no further call for now.
  case idle
  /// The peer leaves enough answers unread.
  case outputFull
  /// It has had its turn, and the others have not.
  case turnOver
}
