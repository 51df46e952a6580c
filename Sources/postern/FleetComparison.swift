internal import EventLoop
internal import Fleet
internal import FleetStore
internal import Ledger
internal import Platform

/// Compares a ledger's log with all rows of its fleet's, which it reads from the database.
struct FleetComparison {
  /// The outcome of a comparison.
  enum Outcome {
    /// The two are the same as far as both go; the database goes up to this revision.
    case same(databaseRevision: UInt64)
    case differs(RowComparison.Difference)
  }

  private let loop: EventLoop
  private let store: FleetStore

  /// The rows of one answer.
  private static let maximumRows = 512

  /// Connects to nothing yet.
  init(_ invocation: Invocation) throws(Failure) {
    do {
      let connection = try ConnectionString(invocation.value(.againstFleet))
      let key = try invocation.optional(.fleetKey).map { path throws(FleetStoreError) in
        try FleetKey(path: path)
      }
      loop = try EventLoop()
      store = try FleetStore(connection, key: key, on: loop)
    } catch {
      throw .trouble("the fleet's database can't be used: \(error)", advice: "")
    }
  }

  /// Reads all rows; `progress` is told which revision is compared.
  func compare(
    _ log: borrowing StoredLog, progress: (UInt64) -> Void
  ) throws(Failure) -> Outcome {
    defer { store.close() }
    do {
      guard let fleet = try log.fleetID else {
        throw Failure.trouble("the ledger belongs to no fleet", advice: "leave out --against-fleet")
      }
      var comparison = RowComparison()
      while true {
        let answer = try ask(.poll(after: comparison.end, maximumRows: Self.maximumRows))
        let polled: Polled
        switch answer {
        case .polled(let found): polled = found
        case .refused(let refusal) where refusal.isUnreadableRow:
          return .differs(
            RowComparison.Difference(
              revision: comparison.end.revision + 1, sentence: refusal.message))
        default: throw Self.unanswered(answer)
        }
        guard polled.fleet?.id == fleet else {
          throw Failure.trouble(
            "the database does not have the fleet \(fleet), which the ledger belongs to",
            advice: "give the connection string of `posternd --fleet`")
        }
        for row in polled.rows {
          if let difference = try comparison.take(row, with: log) { return .differs(difference) }
        }
        progress(comparison.end.revision)
        // A page that a row ended which does not open is followed by one that begins with it.
        if polled.rows.isEmpty, !polled.isFull { break }
      }
      guard comparison.end.revision >= log.revision else {
        return .differs(
          RowComparison.Difference(
            revision: comparison.end.revision + 1,
            sentence: "the fleet's log ends before it, and this host has it: "
              + "`postern fleet repair` shows what to do"))
      }
      return .same(databaseRevision: comparison.end.revision)
    } catch let failure as Failure {
      throw failure
    } catch StoreError.corrupted(let sentence) {
      throw .trouble("the ledger can't be read: \(sentence)", advice: "")
    } catch {
      throw .trouble("the logs can't be compared: \(error)", advice: "")
    }
  }

  private func ask(_ request: UpstreamRequest) throws(Errno) -> UpstreamAnswer {
    let answer = Answer()
    store.send(request, on: .follow) { answer.value = $0 }
    while true {
      if let value = answer.value { return value }
      try loop.turn(timeoutNanoseconds: nil)
    }
  }

  private final class Answer {
    var value: UpstreamAnswer?
  }

  private static func unanswered(_ answer: UpstreamAnswer) -> Failure {
    let reason =
      switch answer {
      case .refused(let refusal): "\(refusal.message) (\(refusal.state))"
      case .doubt(let reason), .unreachable(let reason): reason
      default: "an answer of another kind"
      }
    return .trouble("the fleet's database does not answer: \(DisplayText(reason))", advice: "")
  }
}
