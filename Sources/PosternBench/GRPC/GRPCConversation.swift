internal import Messages

/// One method over gRPC, about the tokens in random order.
struct GRPCConversation: Conversation {
  private let bodies: RequestBodies
  private let fields: RequestFields
  private var sessions: [GRPCSession] = []
  private var output: [UInt8] = []

  init(_ method: Method, secrets: SecretStore, order: [Int]) throws(BenchFailure) {
    bodies = try RequestBodies(method, secrets: secrets, order: order)
    fields = RequestFields(method: method)
  }

  mutating func open(_ link: Link) throws(BenchFailure) {
    if link.index == 0 { sessions = [] }
    sessions.append(GRPCSession(bodies: bodies, fields: fields))
  }

  /// What the session owes the server besides, such as window updates, leaves with the requests.
  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    let session = sessions[link.index]
    try session.ask(count)
    output.removeAll(keepingCapacity: true)
    try session.drain(into: &output)
    try link.send(output.span)
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    Heard(
      consumedByteCount: bytes.count, answerCount: try sessions[link.index].hear(bytes))
  }
}
