package import Fleet

/// What an operator does to a fleet, beside its members. Each is answered by `.done`, by a refusal
/// or by what is left open; none is repeated by itself.
package enum SetupRequest: Sendable {
  /// Makes the schema and begins a fleet in it, not ready. Of two at once one wins; the other is
  /// refused, as it is wherever the schema exists.
  case begin(FleetRow)
  /// Appends a row of the first log to a fleet that is not ready, if the log ends at `after`.
  case upload(LogRow, after: LogPosition, fleet: InstanceID)
  /// Declares that the first log is whole, if it ends at `at`.
  case finish(fleet: InstanceID, at: LogPosition)
  /// Ends a term and begins the next. No row of the old term is appended from then on.
  case newTerm(from: UInt64)
}

extension Request {
  init(_ request: SetupRequest, seal: RowSeal?) throws(UnsealableRow) {
    switch request {
    case .begin(let fleet):
      self = Request(Statement(script: FleetSchema.script(beginning: fleet))) { _ in .done(true) }
    case .upload(let row, let after, let fleet):
      self = try .upload(row, after: after, fleet: fleet, seal: seal)
    case .finish(let fleet, let position):
      self = .finish(fleet, at: position)
    case .newTerm(let term): self = .newTerm(from: term)
    }
  }

  private static func upload(
    _ row: LogRow, after: LogPosition, fleet: InstanceID, seal: RowSeal?
  ) throws(UnsealableRow) -> Request {
    let text = """
      insert into postern.log (first, last, term, report, entries, hash)
      select $1, $2, $3, $4, $5, $6 from postern.fleet f
      where not f.ready and f.id = $7 and f.term = $3 and \(endsAt("$8", "$9"))
        and \(isDurable)
      on conflict do nothing
      """
    let parameters = try rowParameters(row, after: after, seal: seal, fleet: fleet)
    let statement = Statement(
      text, parameters + [.uuid(fleet)] + after.parameters, isWriting: true)
    var request = Request(statement) { .done($0.changedCount == 1) }
    request.lostRace = .done(false)
    return request
  }

  private static func finish(_ fleet: InstanceID, at position: LogPosition) -> Request {
    let text = """
      update postern.fleet f set ready = true
      where not f.ready and f.id = $1 and \(endsAt("$2", "$3"))
        and \(isDurable)
      """
    let parameters: [Parameter] = [.uuid(fleet)] + position.parameters
    return Request(Statement(text, parameters, isWriting: true)) { .done($0.changedCount == 1) }
  }

  /// The lock waits for the appends under way, which have seen the old term, and lets none begin
  /// before the new term is committed.
  private static func newTerm(from term: UInt64) -> Request {
    let script = """
      lock table postern.log in exclusive mode;
      update postern.fleet f set term = \(term + 1), turn = null, turn_until = null
      where f.term = \(term) and \(isDurable);
      """
    return Request(Statement(script: script)) { .done($0.changedCount == 1) }
  }
}
