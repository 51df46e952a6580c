internal import Messages

/// One method over ttrpc, with the tokens in random order.
struct QueryConversation: Conversation {
  private let method: Method
  private var ring: RequestRing
  /// The bytes of an answer with its header; a comparable echo sends as many.
  private(set) var answerByteCount = 0

  init(_ method: Method, secrets: SecretStore, order: [Int]) throws(BenchFailure) {
    self.method = method
    ring = try RequestRing(order) { frame, item in
      TTRPCFrame.append(
        to: &frame, service: method.service, method: method.name,
        payload: method.payload(secret: secrets[item]))
    }
  }

  var requestByteCount: Int { ring.frameByteCount }

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    try TTRPCFrame.send(count, of: &ring, on: link)
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    let heard = try TTRPCFrame.hear(bytes) { (payload) throws(BenchFailure) in
      guard payload.saysYes else { throw BenchFailure(method.refusal) }
    }
    if heard.answerCount > 0 { answerByteCount = heard.consumedByteCount / heard.answerCount }
    return heard
  }
}

/// `IssueToken` over ttrpc: each answer is durable, and later loads use its secret.
struct IssueConversation: Conversation {
  private(set) var secrets = SecretStore()
  private var ring: RequestRing

  init() throws(BenchFailure) {
    var payload: [UInt8] = []
    payload.appendField(1, Method.organization)
    payload.appendField(2, Method.user)
    ring = try RequestRing(Array(0..<256)) { frame, _ in
      TTRPCFrame.append(
        to: &frame, service: Method.validateToken.service, method: "IssueToken", payload: payload)
    }
  }

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    try TTRPCFrame.send(count, of: &ring, on: link)
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    try TTRPCFrame.hear(bytes) { (payload) throws(BenchFailure) in
      var reader = WireReader(payload)
      guard let field = try? reader.next(), field.number == 1 else {
        throw BenchFailure("IssueToken answers without a secret")
      }
      try secrets.append(field.bytes)
    }
  }
}

/// A measured call and its request.
enum Method: String, CaseIterable, Sendable {
  case validateToken
  case check

  static let organization = "acme"
  static let user = "alice"

  var service: String {
    switch self {
    case .validateToken: "postern.v1.TokenService"
    case .check: "postern.v1.PermissionService"
    }
  }

  var name: String {
    switch self {
    case .validateToken: "ValidateToken"
    case .check: "Check"
    }
  }

  /// The encoded request about one token. `Check` asks for an action that administrators may do.
  func payload(secret: some Collection<UInt8>) -> [UInt8] {
    var payload: [UInt8] = []
    payload.appendField(1, secret)
    if self == .check {
      var resource: [UInt8] = []
      resource.appendField(1, "integration")
      payload.appendField(2, "integration.create")
      payload.appendField(3, resource)
    }
    return payload
  }

  /// What is wrong with an answer whose first field isn't true.
  var refusal: String {
    switch self {
    case .validateToken: "ValidateToken calls a good token inactive"
    case .check: "Check refuses what is allowed"
    }
  }
}

/// Writes fields in protobuf's encoding, for requests that are made before the measurement.
extension [UInt8] {
  mutating func appendField(_ number: UInt8, _ content: some Collection<UInt8>) {
    append(number << 3 | 2)
    var rest = content.count
    while rest > 127 {
      append(UInt8(truncatingIfNeeded: rest | 128))
      rest >>= 7
    }
    append(UInt8(rest))
    append(contentsOf: content)
  }

  mutating func appendField(_ number: UInt8, _ text: String) {
    appendField(number, text.utf8)
  }

  mutating func appendBigEndian(_ value: UInt32) {
    for shift in stride(from: UInt32(24), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

extension Span<UInt8> {
  /// Whether the first field of an encoded message is true: `active`, `allowed`.
  var saysYes: Bool {
    var reader = WireReader(self)
    while let field = try? reader.next() {
      if field.number == 1 { return field.type == .varint && field.integer == 1 }
    }
    return false
  }
}

/// `RevokeToken` over ttrpc, each token once.
struct RevokeConversation: Conversation {
  private var ring: RequestRing

  /// Revokes the tokens of a range; with `isForFleet` each answer waits for the whole fleet.
  init(_ secrets: SecretStore, _ range: Range<Int>, isForFleet: Bool) throws(BenchFailure) {
    ring = try RequestRing(Array(range)) { frame, item in
      var payload: [UInt8] = []
      payload.appendField(1, secrets[item])
      // `wait`, whose number needs two bytes, is `WAIT_FLEET`.
      if isForFleet { payload += [0x88, 0x01, 2] }
      TTRPCFrame.append(
        to: &frame, service: Method.validateToken.service, method: "RevokeToken", payload: payload)
    }
  }

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    try TTRPCFrame.send(count, of: &ring, on: link)
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    try TTRPCFrame.hear(bytes) { (_) throws(BenchFailure) in }
  }
}
