package import EventLoop
package import Fleet
package import Platform

/// The fleet's upstream that is a database which speaks PostgreSQL's protocol: it carries out what
/// a member asks, on one connection a lane.
///
/// It repeats nothing by itself: an answer says whether the request was carried out, was not, or
/// may have been, and the member decides what follows. A connection is made when a request needs
/// one, and kept.
package final class FleetStore {
  private let limitNanoseconds: Int64
  private let follow: FleetConnection
  private let append: FleetConnection
  private var context: Request.Context

  /// Makes a store on a loop, whose thread it then belongs to. Nothing is connected yet.
  ///
  /// - Parameters:
  ///   - string: where the database is.
  ///   - key: seals the rows; nil leaves them readable in the database.
  ///   - loop: the loop.
  ///   - limitNanoseconds: how long a request may take, a connection included.
  /// - Throws: the kernel's error if there are no descriptors.
  package init(
    _ string: ConnectionString, key: FleetKey? = nil, on loop: EventLoop,
    limitNanoseconds: Int64 = 5_000_000_000
  ) throws(Errno) {
    self.limitNanoseconds = limitNanoseconds
    context = Request.Context(seal: key.map { RowSeal($0) })
    follow = try FleetConnection(string, on: loop)
    append = try FleetConnection(string, on: loop)
  }

  deinit { close() }

  /// Closes the connections. What is under way gets no answer any more.
  package func close() {
    follow.close()
    append.close()
  }

  /// Carries out a request. Nothing else may be under way on the lane. The answer comes once, on
  /// the loop's thread, perhaps before this returns.
  package func send(
    _ request: UpstreamRequest, on lane: Lane, _ completion: @escaping (UpstreamAnswer) -> Void
  ) {
    let connection = lane == .follow ? follow : append
    let question: Request
    do {
      question = try Request(request, context: context)
    } catch {
      return completion(.unreachable(error.description))
    }
    perform(question, on: connection) { [weak self] answer in
      if let fleet = answer.fleet { self?.context.fleet = fleet }
      completion(answer)
    }
  }

  /// Carries out what an operator asks. Nothing else may be under way on the lane of appends.
  package func send(
    _ request: SetupRequest, _ completion: @escaping (UpstreamAnswer) -> Void
  ) {
    do {
      try perform(Request(request, seal: context.seal), on: append, completion)
    } catch {
      completion(.unreachable(error.description))
    }
  }

  private func perform(
    _ request: Request, on connection: FleetConnection,
    _ completion: @escaping (UpstreamAnswer) -> Void
  ) {
    connection.perform(request.statement, limitNanoseconds: limitNanoseconds) { outcome in
      switch consume outcome {
      case .rows(let rows): completion(request.answer(rows))
      case .refused(let refusal):
        completion(request.answer(to: refusal))
      case .doubt(let reason): completion(.doubt(reason))
      case .unreachable(let reason): completion(.unreachable(reason))
      }
    }
  }

}

extension UpstreamAnswer {
  /// The fleet that an answer tells of.
  fileprivate var fleet: InstanceID? {
    switch self {
    case .polled(let polled): polled.fleet?.id
    case .renewed(let polled): polled?.fleet?.id
    default: nil
    }
  }
}

extension Request {
  /// What a refusal says: for some requests it is an answer.
  fileprivate func answer(to refusal: DatabaseRefusal) -> UpstreamAnswer {
    if refusal.isLostRace, let lostRace { return lostRace }
    if refusal.isMissingTable, let missingTable { return missingTable }
    if refusal.isMissingPart {
      return .refused(UnreadableAnswer(missing: refusal.message).refusal)
    }
    return .refused(refusal)
  }
}

extension DatabaseRefusal {
  /// Whether the server ended the transaction in favour of another: a serialization failure, where
  /// the role's default isolation is stricter than this needs, or a deadlock.
  fileprivate var isLostRace: Bool { state == "40001" || state == "40P01" }

  /// Whether there is no such table, or no such schema.
  fileprivate var isMissingTable: Bool { state == "42P01" || state == "3F000" }

  /// Whether a table lacks a column, or there is no such function.
  fileprivate var isMissingPart: Bool { state == "42703" || state == "42883" }
}
