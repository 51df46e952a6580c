internal import CNghttp2
internal import Messages
internal import RPC

/// The header fields of one request, judged as they arrive: what HTTP forbids (RFC 9113, section
/// 8), what gRPC requires, and the few values that a call needs.
///
/// Any `:authority` is accepted, and none: over a Unix socket clients send a path, a
/// percent-encoded path, `localhost`, a cluster's name, or nothing.
struct RequestFields: ~Copyable {
  private struct Seen: OptionSet {
    let rawValue: UInt16

    static let method = Seen(rawValue: 1 << 0)
    static let scheme = Seen(rawValue: 1 << 1)
    static let path = Seen(rawValue: 1 << 2)
    static let authority = Seen(rawValue: 1 << 3)
    static let contentType = Seen(rawValue: 1 << 4)
    static let timeout = Seen(rawValue: 1 << 5)
    static let regular = Seen(rawValue: 1 << 6)
    static let required: Seen = [.method, .scheme, .path]
  }

  /// The storage that each buffer keeps for the next request, in bytes.
  private static let keptByteCount = 1 << 10

  private var seen: Seen = []
  /// Whether HTTP forbids this request.
  private(set) var isMalformed = false
  /// Whether the fields after the message are being received.
  private(set) var isTrailers = false
  private var byteCount = 0
  /// The limit that the fields exceed, once they do.
  private var exceeded: Int?
  /// The value of `content-length`.
  private var contentByteCount: Int?
  /// Whether `grpc-encoding` names an encoding other than `identity`.
  private(set) var isEncoded = false
  private(set) var timeoutNanoseconds: Int64?
  /// What the credential fields gave. Its token is in `bearer`, where equal tokens stand in a row.
  private var given = CredentialPlace.absent
  private var bearer = ByteBuffer()
  private var path = ByteBuffer()
  /// Where the second slash of a well-formed path is.
  private var pathSlash = 0
  private var isPost = false
  /// Whether the answer must not have a body.
  private(set) var isHead = false
  private var isGRPC = false
  private var status: Status?

  /// Why a request that HTTP allows is not a call.
  private var refusal: EarlyAnswer? {
    if let exceeded { return .status(.limit("max-header-bytes", exceeded)) }
    if !isPost { return .httpStatus(405) }
    if !isGRPC { return .httpStatus(415) }
    if let status { return .status(status) }
    return pathSlash == 0 ? .status(.refused(.pathMalformed)) : nil
  }

  /// The service's name in the path.
  var service: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { path.bytes.extracting(1..<pathSlash) }
  }

  /// The method's name in the path.
  var method: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { path.bytes.extracting((pathSlash + 1)...) }
  }

  /// The credential that the fields give.
  var credential: Credential {
    @_lifetime(borrow self)
    borrowing get { given.read(from: bearer.bytes) }
  }

  /// Forgets the credential of the `authorization` fields.
  mutating func forgetCredential() {
    given = .absent
    if !bearer.isEmpty { bearer.removeAll() }
  }

  mutating func reset() {
    seen = []
    isMalformed = false
    isTrailers = false
    byteCount = 0
    exceeded = nil
    contentByteCount = nil
    isEncoded = false
    timeoutNanoseconds = nil
    forgetCredential()
    bearer.shrink(to: Self.keptByteCount)
    path.removeAll()
    path.shrink(to: Self.keptByteCount)
    pathSlash = 0
    isPost = false
    isHead = false
    isGRPC = false
    status = nil
  }

  mutating func beginTrailers() { isTrailers = true }

  /// Notes that the fields exceed `limit` bytes, whether they arrive here or not.
  mutating func exceed(_ limit: Int) {
    if exceeded == nil { exceeded = limit }
  }

  /// Takes one field. Past `limit` bytes fields are only counted. Returns the bytes of all fields
  /// as HTTP/2 counts them: name, value and 32 for each.
  mutating func receive(name: Span<UInt8>, value: Span<UInt8>, limit: Int) -> Int {
    byteCount += name.count + value.count + 32
    if byteCount > limit { exceed(limit) }
    guard exceeded == nil else { return byteCount }
    let field = HeaderField(name: name)
    if !isValid(value) || field == .malformed { isMalformed = true }
    if isTrailers {
      // A credential must not come after what it is for (RFC 9110, section 6.5.1).
      if field.isPseudo || field == .connection || field == .authorization { isMalformed = true }
      if field == .other, case .malformed = Credential(header: name, value) { isMalformed = true }
    } else if field.isPseudo {
      receive(pseudo: field, value)
    } else {
      seen.insert(.regular)
      if field == .other { receive(Credential(header: name, value)) }
      receive(field, value)
    }
    return byteCount
  }

  /// What is known of a request once all of its fields have arrived.
  struct Judgement {
    /// Whether HTTP forbids it.
    let isMalformed: Bool
    /// Why a request that HTTP allows is not a call.
    let refusal: EarlyAnswer?
    /// Whether the caller of its method sends a stream of messages.
    let streamsRequests: Bool
    /// The value of `content-length`.
    let contentByteCount: Int?
    /// The storage that the fields take.
    let capacity: Int
  }

  /// Judges the request as a whole.
  mutating func end(_ methods: MethodTable) -> Judgement {
    if exceeded == nil, !seen.isSuperset(of: .required) || path.isEmpty { isMalformed = true }
    pathSlash = path.bytes.secondSlash ?? 0
    let streamsRequests =
      pathSlash > 0 && methods.streamsRequests(service: service, method: method)
    return Judgement(
      isMalformed: isMalformed, refusal: refusal, streamsRequests: streamsRequests,
      contentByteCount: contentByteCount, capacity: path.capacity + bearer.capacity)
  }

  private func isValid(_ value: Span<UInt8>) -> Bool {
    // SAFETY: libnghttp2 reads the bytes during the call only.
    unsafe value.withUnsafeBufferPointer { value in
      unsafe nghttp2_check_header_value(value.baseAddress, value.count) != 0
    }
  }

  /// Notes that a field has arrived, and returns whether it had arrived before.
  private mutating func isRepeated(_ field: Seen) -> Bool { !seen.insert(field).inserted }

  private mutating func receive(pseudo field: HeaderField, _ value: Span<UInt8>) {
    if seen.contains(.regular) { isMalformed = true }
    switch field {
    case .method:
      if isRepeated(.method) { isMalformed = true }
      isPost = value.isEqual(to: "POST")
      isHead = value.isEqual(to: "HEAD")
    case .scheme: if isRepeated(.scheme) { isMalformed = true }
    case .path:
      if isRepeated(.path) || value.isEmpty { isMalformed = true }
      path.removeAll()
      path.append(value)
    case .authority: if isRepeated(.authority) { isMalformed = true }
    default: isMalformed = true
    }
  }

  private mutating func receive(_ field: HeaderField, _ value: Span<UInt8>) {
    switch field {
    case .connection: isMalformed = true
    case .te: if !value.isEqualIgnoringCase(to: "trailers") { isMalformed = true }
    case .contentLength:
      let count = value.decimal
      if count == nil || contentByteCount != nil { isMalformed = true }
      contentByteCount = count
    case .contentType: isGRPC = !isRepeated(.contentType) && value.isGRPCContentType
    case .encoding: isEncoded = !value.isEqual(to: "identity")
    case .timeout:
      timeoutNanoseconds = value.grpcTimeoutNanoseconds
      if isRepeated(.timeout) || timeoutNanoseconds == nil {
        status = status ?? .refused(.timeoutMalformed)
      }
    case .authorization: receive(Credential(authorization: value))
    default: break
    }
  }

  private mutating func receive(_ credential: Credential) {
    if case .bearer(let token) = credential { bearer.append(token) }
    given = given.joined(
      with: CredentialPlace(credential, endingAt: bearer.count), in: bearer.bytes)
  }
}
