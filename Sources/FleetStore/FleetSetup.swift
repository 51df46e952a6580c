package import Fleet

/// What an operator does to a fleet, beside its members. Each is answered by `.done`, by a refusal
/// or by what is left open; none is repeated by itself.
package enum SetupRequest: Sendable {
  /// Makes the schema and begins a fleet in it, not ready. Of two at once one wins; the other is
  /// refused, as it is wherever the schema exists.
  case begin(FleetRow)
  /// Appends a row of the first log to a fleet that is not ready, if the log ends at `after`.
  case upload(LogRow, after: LogPosition, fleet: InstanceID)
  /// Declares that the log is whole, if it ends at `at`, where a format is in force: a row that was
  /// uploaded may have raised it.
  case finish(fleet: InstanceID, at: LogPosition, format: UInt32)
  /// Ends a term and begins a later one, if the log ends at `at`. No row of the old term is
  /// appended from then on, and none of the new one but by `upload`, until `finish` says that the
  /// log is whole again. A fleet that is in the middle of this may begin anew.
  case repair(fleet: InstanceID, from: UInt64, to: UInt64, at: LogPosition)
  /// Reads rows as they stand in the database, unopened, from one that begins at a revision on.
  case read(from: UInt64)
  /// Ends a term and removes the rows from one that begins at a revision on, of which the last is
  /// known to end at `through`: only if no member has applied any of it.
  case cut(from: UInt64, through: LogPosition, fleet: InstanceID, term: UInt64, to: UInt64)
}

extension Request {
  init(_ request: SetupRequest, seal: RowSeal?) throws(UnsealableRow) {
    switch request {
    case .begin(let fleet):
      self = Request(Statement(script: FleetSchema.script(beginning: fleet))) { _ in .done(true) }
    case .upload(let row, let after, let fleet):
      self = try .upload(row, after: after, fleet: fleet, seal: seal)
    case .finish(let fleet, let position, let format):
      self = .finish(fleet, at: position, format: format)
    case .repair(let fleet, let term, let next, let position):
      self = .repair(fleet, from: term, to: next, at: position)
    case .read(let first): self = .read(from: first)
    case .cut(let first, let end, let fleet, let term, let next):
      self = .cut(from: first, through: end, fleet: fleet, terms: (term, next))
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

  private static func finish(
    _ fleet: InstanceID, at position: LogPosition, format: UInt32
  ) -> Request {
    let text = """
      update postern.fleet f set ready = true, format = greatest(f.format, \(format))
      where not f.ready and f.id = $1 and \(endsAt("$2", "$3"))
        and \(isDurable)
      """
    let parameters: [Parameter] = [.uuid(fleet)] + position.parameters
    return Request(Statement(text, parameters, isWriting: true)) { .done($0.changedCount == 1) }
  }

  /// The lock waits for the appends under way, which have seen the old term, and lets none begin
  /// before the new term is committed.
  private static func repair(
    _ fleet: InstanceID, from term: UInt64, to next: UInt64, at position: LogPosition
  ) -> Request {
    let script = """
      lock table postern.log in exclusive mode;
      update postern.fleet f set term = \(next), ready = false, turns = '{}', turn_until = null
      where f.id = '\(fleet)'::uuid and f.term = \(term) and \(term) < \(next)
        and \(endsAt("\(position.revision)", literal(position.hash))) and \(isDurable);
      """
    return Request(Statement(script: script)) { .done($0.changedCount == 1) }
  }

  private static func read(from first: UInt64) -> Request {
    let text = """
      select w.first, w.last, w.term, w.report, w.entries, w.hash from (
        select l.*, sum(octet_length(l.entries)) over (order by l.first rows unbounded preceding)
          - octet_length(l.entries) as before
        from (select * from postern.log where first >= $1 order by first limit 512) l
      ) w where w.before < $2 order by w.first
      """
    let parameters: [Parameter] = [.integer(first), .integer(UInt64(Poll.maximumBytes))]
    return Request(Statement(text, parameters, isWriting: false)) { rows in
      var found: [LogRow] = []
      for index in 0..<rows.count {
        guard let row = try? PollReader.row(rows, at: index, from: 0) else {
          return .refused(UnreadableAnswer().refusal)
        }
        found.append(row)
      }
      return .rows(found)
    }
  }

  /// The locks wait for the appends and renewals under way, and let none begin before the new term
  /// is committed.
  private static func cut(
    from first: UInt64, through end: LogPosition, fleet: InstanceID,
    terms: (old: UInt64, new: UInt64)
  ) -> Request {
    let script = """
      lock table postern.log in exclusive mode;
      lock table postern.member, postern.report in share row exclusive mode;
      with ended as (
        update postern.fleet f set term = \(terms.new), turns = '{}', turn_until = null
        where f.id = '\(fleet)'::uuid and f.ready and f.term = \(terms.old)
          and \(terms.old) < \(terms.new)
          and exists (select from postern.log b where b.first = \(first))
          and not exists (select from postern.member m where m.applied >= \(first))
          and not exists (select from postern.report r where r.head >= \(first))
          and \(endsAt("\(end.revision)", literal(end.hash))) and \(isDurable)
        returning 1)
      delete from postern.log l where l.first >= \(first) and exists (select from ended);
      """
    return Request(Statement(script: script)) { .done($0.changedCount > 0) }
  }

  /// A hash in a script, which has no parameters.
  private static func literal(_ hash: LogHash) -> String {
    let digits = hash.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    return "decode('\(digits.joined())', 'hex')"
  }
}
