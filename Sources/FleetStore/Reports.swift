internal import Fleet

/// Where the logs of members end that can't renew. They stand in a table of their own: nothing that
/// renews, waits or appends reads it.
enum Reports {
  /// Notes one and reads all; what is read is from before.
  static func request(_ report: HeadReport, fleet: InstanceID) -> Request {
    let noting = """
      with noted as (
        insert into postern.report as r (instance, host, seq, term, head, hash, trouble)
        select $1, $2, $3, $4, $5, $6, $7 from postern.fleet f where f.id = $8
          and \(Request.isDurable)
        on conflict (instance) do update set host = excluded.host, seq = excluded.seq,
          term = excluded.term, head = excluded.head, hash = excluded.hash,
          trouble = excluded.trouble, seen = clock_timestamp()
        where r.seq < excluded.seq)

      """
    let parameters: [Parameter] =
      [
        .uuid(report.instance), .text(report.host), .integer(report.seq), .integer(report.term),
      ] + report.head.parameters + [.text(report.trouble.rawValue), .uuid(fleet)]
    return Request(Statement(noting + text, parameters, isWriting: true), read)
  }

  /// Reads all.
  static func request() -> Request { Request(Statement(text, [], isWriting: false), read) }

  /// Members and reports in the same columns; the last is NULL for members.
  private static let text = """
    select \(MemberReader.columns), null::text from postern.member m
    union all
    select r.seq, r.head, r.term, null::boolean,
      uuid_send(r.instance) || int4send(0) || convert_to(r.host, 'UTF8'), r.hash, r.trouble
    from postern.report r
    """

  private static func read(_ rows: borrowing ResultRows) -> UpstreamAnswer {
    var members: [MemberRow] = []
    var reports: [HeadReport] = []
    for index in 0..<rows.count {
      guard let row = MemberReader.member(rows, index, from: 0) else {
        return .refused(UnreadableAnswer().refusal)
      }
      guard let trouble = rows.text(index, 6) else {
        members.append(row)
        continue
      }
      // A newer version may know other kinds of trouble.
      reports.append(
        HeadReport(
          instance: row.instance, host: row.host, seq: row.seq, term: row.term, head: row.applied,
          trouble: HeadReport.Trouble(rawValue: trouble) ?? .unapplied))
    }
    return .reported(members, reports)
  }
}
