internal import Messages
internal import RPC

// Forward-auth: a proxy asks about each request with a request of its own, which has the fields of
// the first one, and its method and path in two more. It is decided as Envoy's `Check`, by the same
// routes of the policy.
extension HTTP1Framing {
  /// Makes the question about the proxied request.
  ///
  /// Hazard: a client that can send these fields itself chooses what is decided. So only a process
  /// that is configured as a proxy may ask, and just one of the two ways to name the request may be
  /// there: a proxy that sets one passes the other on from its client.
  mutating func makeForwardAuthCall() throws(Status) {
    guard isProxy else {
      throw Status(
        .permissionDenied, "this process is not configured as a proxy", reason: "NOT_A_PROXY")
    }
    try Self.readProxied(headBytes, from: head.fieldsStart, into: &payload)
  }

  private static func readProxied(
    _ head: borrowing ByteBuffer, from start: Int, into payload: inout ByteBuffer
  ) throws(Status) {
    let arena = Arena(initialBytes: 16 << 10)
    let request = EnvoyServiceAuthV3.CheckRequest.Builder(in: arena)
    let http = request.makeAttributes().makeRequest().makeHttp()
    let fields = http.makeHeaderMap()
    let bytes = head.bytes
    var named = ProxiedRequest()
    var reader = FieldReader(at: start)
    // The head has been read before, so that no field of it is malformed.
    while (try? reader.next(in: bytes)) == true {
      let name = bytes.extracting(reader.name)
      let value = bytes.extracting(reader.value)
      if try named.take(name, reader.value) { continue }
      if name.isSame(as: "host") { http.setHost(value) }
      guard !ProxiedRequest.isIdentity(name) else {
        throw ProxiedRequest.forbidden("the request has a header `x-postern-...`")
      }
      let field = fields.addHeaders()
      field.setKey(name)
      field.setRawValue(value)
    }
    let places = try named.places()
    guard bytes.extracting(places.path).isText else {
      throw ProxiedRequest.forbidden("the path is not UTF-8")
    }
    http.setMethod(bytes.extracting(places.method))
    http.setPath(bytes.extracting(places.path))
    request.encode(into: &payload)
  }

  /// Writes the decision: 200 with the identity in the fields, or the denial as Envoy would.
  mutating func writeDecision(_ message: Span<UInt8>) {
    scratch.removeAll()
    var fields = ByteBuffer()
    let status: Int
    do throws(DecodingError) {
      status = try Decision.read(message, fields: &fields, body: &scratch)
    } catch {
      return writeFailure(Status(.internalError, "the answer can't be read"))
    }
    var head = ResponseHead(status)
    if status != 200 { head.contentType = "application/json" }
    writeScratch(head, fields: fields)
  }
}

/// How a proxy names the request that it asks about.
struct ProxiedRequest {
  // nginx, by its configuration; Caddy and Traefik, by themselves.
  private static let families = [
    (method: "x-original-method", path: "x-original-uri"),
    (method: "x-forwarded-method", path: "x-forwarded-uri"),
  ]

  private var methods: [Range<Int>?] = [nil, nil]
  private var paths: [Range<Int>?] = [nil, nil]

  init() {}

  /// Takes a field that names the request; false for any other.
  mutating func take(_ name: Span<UInt8>, _ value: Range<Int>) throws(Status) -> Bool {
    for (index, family) in Self.families.enumerated() {
      if name.isSame(as: family.method) {
        guard methods[index] == nil else { throw Self.ambiguous }
        methods[index] = value
        return true
      }
      if name.isSame(as: family.path) {
        guard paths[index] == nil else { throw Self.ambiguous }
        paths[index] = value
        return true
      }
    }
    return false
  }

  /// Where the method and the path are.
  func places() throws(Status) -> (method: Range<Int>, path: Range<Int>) {
    let given = Self.families.indices.filter { methods[$0] != nil || paths[$0] != nil }
    guard given.count == 1, let method = methods[given[0]], let path = paths[given[0]] else {
      throw Self.ambiguous
    }
    return (method, path)
  }

  private static var ambiguous: Status {
    forbidden(
      "the proxied request needs `x-original-method` and `x-original-uri`, or"
        + " `x-forwarded-method` and `x-forwarded-uri`, each once, and not both pairs")
  }

  static func forbidden(_ sentence: String) -> Status {
    Status(.permissionDenied, sentence, reason: "PROXIED_REQUEST")
  }

  /// Whether a server behind could take a field for an identity. Unlike Envoy, these proxies can't
  /// be told to take one out.
  static func isIdentity(_ name: Span<UInt8>) -> Bool {
    let prefix = "x-postern-"
    return name.count >= prefix.utf8.count
      && name.extracting(first: prefix.utf8.count).mayBeTaken(for: prefix)
  }
}

/// The answer of Envoy's `Check`, as a proxy reads it.
enum Decision {
  /// Reads the status, the fields and the body. Whatever does not say that the request may pass is
  /// a denial.
  static func read(
    _ message: Span<UInt8>, fields: inout ByteBuffer, body: inout ByteBuffer
  ) throws(DecodingError) -> Int {
    let arena = Arena(initialBytes: 4 << 10)
    let view = try EnvoyServiceAuthV3.CheckResponse(decoding: message, in: arena)
    if let status = view.status, status.code == 0, let ok = view.okResponse {
      for index in 0..<ok.headersCount {
        guard let header = ok.headers(at: index).header else { continue }
        fields.append(header.key)
        fields.append(": ")
        fields.append(header.value)
        fields.append("\r\n")
      }
      return 200
    }
    guard let denied = view.deniedResponse else { return 403 }
    body.append(denied.body)
    return view.status?.code == Int32(StatusCode.unauthenticated.rawValue) ? 401 : 403
  }

  /// Appends the body of a denial, in the form of Envoy's.
  static func append(_ status: Status, to output: inout ByteBuffer) {
    output.append("{\"error\":\"")
    output.append(status.code.name.lowercased())
    output.append("\",\"action\":\"\",\"rule\":\"\",\"message\":")
    output.append(JSONText.quoted(status.message))
    output.append("}\n")
  }
}
