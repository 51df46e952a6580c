internal import Fleet
internal import Platform

/// A statement, and how its rows are read.
struct Request {
  let statement: Statement
  let answer: (borrowing ResultRows) -> UpstreamAnswer
  /// What a lost race is: another was first.
  var lostRace: UpstreamAnswer?
  /// What missing tables are: there is no fleet in that database yet.
  var missingTable: UpstreamAnswer?

  init(_ statement: Statement, _ answer: @escaping (borrowing ResultRows) -> UpstreamAnswer) {
    self.statement = statement
    self.answer = answer
  }

  /// A condition of every statement that writes: true, and the transaction is then durable before
  /// it is acknowledged, whatever the role's default is.
  ///
  /// Hazard: it has to be read committed. A stricter one reads from before it has its locks: an
  /// append could follow a term that has ended while it waited. No statement can set that for
  /// itself, so it fails instead: the name of the other isolation is no number.
  static let isDurable = """
    (case current_setting('transaction_isolation') when 'read committed'
      then set_config('synchronous_commit', case current_setting('synchronous_commit')
        when 'remote_apply' then 'remote_apply' else 'on' end, true)
      else current_setting('transaction_isolation')::integer::text end) is not null
    """
}

extension Request {
  /// What a store knows beside what it is asked.
  struct Context {
    let seal: RowSeal?
    /// The fleet's id, once a poll has told it: rows are sealed for one fleet.
    var fleet: InstanceID?
  }

  /// The request in SQL.
  init(_ request: UpstreamRequest, context: Context) throws(UnsealableRow) {
    let seal = context.seal
    switch request {
    case .poll(let after, let maximumRows):
      self = Poll.request(after: after, maximumRows: maximumRows, seal: seal)
      // Its clock is not known then.
      missingTable = .polled(
        Polled(
          fleet: nil, end: .missing, headRevision: 0,
          databaseNanoseconds: Clock.wallNanoseconds()))
    case .renew(let member, let maximumRows, let readsMembers):
      self = Poll.renewal(
        member, maximumRows: maximumRows, readsMembers: readsMembers, seal: seal)
    case .insert(let row, let after, let instance, let turn):
      self = try .insert(row, after: after, by: instance, turn: turn, context: context)
    case .raise(let row, let format, let after, let instance):
      self = try .raise(row, to: format, after: after, by: instance, context: context)
    case .takeTurn(let instance, let nanoseconds):
      self = .takeTurn(instance, nanoseconds: nanoseconds)
    case .giveTurn(let instance): self = .giveTurn(instance)
    case .join(let member, let predecessors): self = .join(member, predecessors: predecessors)
    case .members: self = .members()
    case .report(let report, let fleet): self = Reports.request(report, fleet: fleet)
    case .reports: self = Reports.request()
    case .leave(let instance): self = .removal(of: instance, seq: nil)
    case .forget(let instance, let seq): self = .removal(of: instance, seq: seq)
    }
  }
}

/// Appends.
extension Request {
  /// The key of the table is not enough: after a repair, or for a host with other boundaries, a row
  /// could fit that does not continue the log. So the newest row has to be the one that this
  /// continues; of two that continue the same, the key admits one.
  private static func insert(
    _ row: LogRow, after: LogPosition, by instance: InstanceID, turn: TurnEnd, context: Context
  ) throws(UnsealableRow) -> Request {
    let parameters = try rowParameters(
      row, after: after, seal: context.seal, fleet: context.fleet)
    let statement = Statement(
      "select postern.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      parameters + [.uuid(instance)] + after.parameters + [
        .boolean(turn != .keeps), .boolean(turn == .queuesAgain),
      ], isWriting: true)
    var request = Request(statement) {
      .inserted($0.count == 1 && $0.boolean(0, 0) == true)
    }
    request.lostRace = .inserted(false)
    return request
  }

  /// The columns of a row.
  static func rowParameters(
    _ row: LogRow, after: LogPosition, seal: RowSeal?, fleet: InstanceID?
  ) throws(UnsealableRow) -> [Parameter] {
    precondition(row.first == after.revision + 1 && row.last >= row.first, "a row continues a log")
    return try [
      .integer(row.first), .integer(row.last), .integer(row.term), .boolean(row.isReport),
      .bytes(seal.closed(row, fleet: fleet)), .bytes(row.end.hash.bytes),
    ]
  }

  /// Whether a row of the log ends at the position in the two parameters.
  static func logHas(_ revision: String, _ hash: String) -> String {
    """
    (\(revision) = 0 or exists (
      select from postern.log e where e.last = \(revision) and e.hash = \(hash)))
    """
  }

  /// Whether the log ends at the position in the two parameters.
  static func endsAt(_ revision: String, _ hash: String) -> String {
    """
    coalesce((select l.last = \(revision) and l.hash = \(hash)
      from postern.log l order by l.first desc limit 1), \(revision) = 0)
    """
  }

  /// The function that appends. It is one, and no statement that is sent each time, since servers
  /// keep the plans of functions, behind poolers too: planning took longer than the rest.
  static var appending: String {
    """
    create function postern.append(
      bigint, bigint, bigint, boolean, bytea, bytea, member uuid, bigint, bytea,
      passes boolean, again boolean
    ) returns boolean language plpgsql as $function$
    begin
      insert into postern.log (first, last, term, report, entries, hash)
      select $1, $2, $3, $4, $5, $6 from postern.fleet f
      where f.ready and f.term = $3 and \(mayAppend("$7")) and \(endsAt("$8", "$9"))
        and \(isDurable)
      on conflict do nothing;
      if not found then return false; end if;
      if passes then
        update postern.fleet f
        set turns = array_remove(f.turns, member)
            || case when again then array[member] else '{}'::uuid[] end,
          turn_until = clock_timestamp() + interval '1 second'
        where member = any (f.turns);
      end if;
      return true;
    end
    $function$;
    """
  }

  /// Whether no other than the member in the parameter has the turn.
  private static func mayAppend(_ instance: String) -> String {
    "(f.turns[1] is null or f.turns[1] = \(instance) or \(presentTurns) is null)"
  }

  /// The queue of those who want to append; NULL if the first of them is late or gone.
  static let presentTurns = "postern.present_turns(f.turns, f.turn_until)"

  /// The function of the same name. Whose session has ended is gone: that shows at once where the
  /// process was killed. Behind a pooler sessions do not end with their clients, and a machine
  /// without power says nothing: there the turn expires. A session that has ended by itself costs
  /// its member the turn, and nothing else.
  static var presenting: String {
    """
    create function postern.present_turns(turns uuid[], until timestamptz)
    returns uuid[] language plpgsql as $function$
    begin
      if until is null or until <= clock_timestamp() then return null; end if;
      perform from postern.member m where m.instance = turns[1] and m.session is not null
        and not exists (select from pg_stat_get_activity(m.session));
      if found then return null; end if;
      return turns;
    end
    $function$;
    """
  }

  /// As a script, because the lock has to be there before the statement that looks at the members
  /// begins: it waits for the joins under way, which have seen the old format. Not for long, since
  /// renewals wait behind it.
  private static func raise(
    _ row: LogRow, to format: UInt32, after: LogPosition, by instance: InstanceID,
    context: Context
  ) throws(UnsealableRow) -> Request {
    let columns = try rowParameters(row, after: after, seal: context.seal, fleet: context.fleet)
      .map(\.literal).joined(separator: ", ")
    let end = after.parameters.map(\.literal)
    let script = """
      select set_config('lock_timeout', '2s', true);
      lock table postern.member in share row exclusive mode;
      with added as (
        insert into postern.log (first, last, term, report, entries, hash)
        select \(columns) from postern.fleet f
        where f.ready and f.term = \(row.term)
          and \(mayAppend("'\(instance)'"))
          and not exists (select from postern.member m where m.format < \(format))
          and \(endsAt(end[0], end[1])) and \(isDurable)
        on conflict do nothing
        returning 1)
      update postern.fleet f
      set format = greatest(f.format, \(format)), turns = array_remove(f.turns, '\(instance)')
      from added;
      """
    var request = Request(Statement(script: script)) { .inserted($0.changedCount == 1) }
    request.lostRace = .inserted(false)
    return request
  }

  private static func takeTurn(_ instance: InstanceID, nanoseconds: Int64) -> Request {
    let isLate = "\(presentTurns) is null"
    let text = """
      with connected as (
        update postern.member m set session = pg_backend_pid() where m.instance = $1)
      update postern.fleet f
      set turns = case when \(isLate) then array_remove(f.turns[2:], $1) || $1
          when $1 = any (f.turns) then f.turns else f.turns || $1 end,
        turn_until = case when f.turns[1] is not null and not \(isLate) then f.turn_until
          else clock_timestamp() + $2 * interval '1 microsecond' end
      where \(isDurable)
      returning f.turns[1] = $1
      """
    let microseconds = UInt64(max(0, nanoseconds / 1_000))
    return Request(Statement(text, [.uuid(instance), .integer(microseconds)], isWriting: true)) {
      .done($0.count == 1 && $0.boolean(0, 0) == true)
    }
  }

  private static func giveTurn(_ instance: InstanceID) -> Request {
    let text = """
      update postern.fleet f
      set turns = array_remove(f.turns, $1), turn_until = case when f.turns[1] = $1
          then clock_timestamp() + interval '1 second' else f.turn_until end
      where $1 = any (f.turns) and \(isDurable)
      """
    return Request(Statement(text, [.uuid(instance)], isWriting: true)) {
      .done($0.changedCount == 1)
    }
  }
}

/// Members.
extension Request {
  /// A join that comes late finds a later `seq`, and changes nothing. A member that raises the
  /// format waits for the joins under way.
  private static func join(_ member: MemberRow, predecessors: [InstanceID]) -> Request {
    let text = """
      with entered as (
        insert into postern.member as m (instance, host, seq, term, applied, hash, format)
        select $1, $2, $3, $4, $5, $6, $7 from postern.fleet f
        where f.term = $4 and f.format <= $7 and \(logHas("$5", "$6")) and \(isDurable)
        on conflict (instance) do update set host = excluded.host, seq = excluded.seq,
          term = excluded.term, applied = excluded.applied, hash = excluded.hash,
          format = excluded.format, seen = clock_timestamp()
        where m.seq < excluded.seq
        returning 1),
      removed as (
        delete from postern.member
        where instance = any ($8) and instance <> $1 and exists (select from entered)),
      settled as (
        delete from postern.report
        where (instance = any ($8) or instance = $1) and exists (select from entered))
      select count(*) from entered
      """
    let parameters: [Parameter] =
      [.uuid(member.instance), .text(member.host), .integer(member.seq), .integer(member.term)]
      + member.applied.parameters + [.small(member.format), .uuids(predecessors)]
    return Request(Statement(text, parameters, isWriting: true)) { rows in
      .joined(rows.count == 1 && rows.integer(0, 0) == 1)
    }
  }

  private static func members() -> Request {
    let text = """
      select \(MemberReader.columns) from postern.member m order by m.host, m.instance
      """
    return Request(Statement(text, [], isWriting: false)) { rows in
      var members: [MemberRow] = []
      for row in 0..<rows.count {
        guard let member = MemberReader.member(rows, row, from: 0) else {
          return .refused(UnreadableAnswer().refusal)
        }
        members.append(member)
      }
      return .members(members)
    }
  }

  /// A member that runs after all, with another `seq`, keeps its report too.
  private static func removal(of instance: InstanceID, seq: UInt64?) -> Request {
    let condition = seq == nil ? "" : "and m.seq = $2"
    let text = """
      with gone as (
        delete from postern.member m where m.instance = $1 \(condition) and \(isDurable)
        returning 1),
      settled as (
        delete from postern.report r where r.instance = $1 and \(isDurable)
          and (exists (select from gone)
            or not exists (select from postern.member m where m.instance = $1))
        returning 1)
      select (select count(*) from gone) + (select count(*) from settled)
      """
    let parameters = [Parameter.uuid(instance)] + (seq.map { [.integer($0)] } ?? [])
    return Request(Statement(text, parameters, isWriting: true)) { rows in
      .done(rows.count == 1 && rows.integer(0, 0).map { $0 > 0 } ?? false)
    }
  }
}

/// Members in the columns that rows of the log have: the two come in one answer.
enum MemberReader {
  /// In the order of the log's columns: first, last, term, report, entries, hash.
  static let columns = """
    m.seq, m.applied, m.term, null::boolean,
    uuid_send(m.instance) || int4send(m.format) || convert_to(m.host, 'UTF8'), m.hash
    """

  static func member(
    _ rows: borrowing ResultRows, _ row: Int, from column: Int
  ) -> MemberRow? {
    guard let seq = rows.integer(row, column), let applied = rows.integer(row, column + 1),
      let term = rows.integer(row, column + 2), let packed = rows.array(row, column + 4),
      packed.count >= 20, let hash = rows.hash(row, column + 5)
    else { return nil }
    func number(_ range: Range<Int>) -> UInt64 {
      packed[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
    return MemberRow(
      instance: InstanceID(high: number(0..<8), low: number(8..<16)),
      host: String(decoding: packed[20...], as: UTF8.self), seq: seq, term: term,
      applied: LogPosition(revision: applied, hash: hash), format: UInt32(number(16..<20)))
  }
}
