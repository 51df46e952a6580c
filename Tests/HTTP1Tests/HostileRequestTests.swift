internal import HTTP1
internal import RPC
internal import Testing

/// Requests that two servers could read differently, and others that are none: each gets its fault
/// and the end of the connection, and what stands behind it is not taken for a request.
@Suite struct HostileRequestTests {
  struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let fault: HTTPFault

    init(_ name: String, _ text: String, is fault: HTTPFault) {
      testDescription = name
      bytes = Array(text.utf8)
      self.fault = fault
    }
  }

  private static let line = "POST /postern.v1.TokenService/ValidateToken HTTP/1.1\r\n"
  private static let post = line + "Host: a\r\nContent-Type: application/proto\r\n"
  private static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

  private static let attacks = [
    Attack("bare LF", "GET /livez HTTP/1.1\nHost: a\n\n", is: .lineEnding),
    Attack("bare LF in a field", "GET /livez HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", is: .lineEnding),
    Attack("bare CR", "GET /livez HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", is: .lineEnding),
    Attack("NUL", "GET /livez HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n", is: .controlByte),
    Attack("DEL", "GET /livez HTTP/1.1\r\nHost: a\u{7f}\r\n\r\n", is: .controlByte),
    Attack("escape", "GET /livez HTTP/1.1\r\nX: \u{1b}[0m\r\nHost: a\r\n\r\n", is: .controlByte),
    Attack("empty first line", "\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n", is: .requestLine),
    Attack("HTTP/0.9", "GET /livez\r\n\r\n", is: .requestLine),
    Attack("two spaces", "GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n", is: .requestLine),
    Attack("a tab", "GET\t/livez HTTP/1.1\r\nHost: a\r\n\r\n", is: .requestLine),
    Attack("space behind", "GET /livez HTTP/1.1 \r\nHost: a\r\n\r\n", is: .requestLine),
    Attack("lower case", "get /livez HTTP/1.1\r\nHost: a\r\n\r\n", is: .requestLine),
    Attack("HTTP/2.0", "GET /livez HTTP/2.0\r\nHost: a\r\n\r\n", is: .version),
    Attack("HTTP/1.2", "GET /livez HTTP/1.2\r\nHost: a\r\n\r\n", is: .version),
    Attack("absolute-form", "GET http://b/livez HTTP/1.1\r\nHost: a\r\n\r\n", is: .target),
    Attack("authority-form", "CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n", is: .target),
    Attack("asterisk", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", is: .target),
    Attack("fragment", "GET /livez#a HTTP/1.1\r\nHost: a\r\n\r\n", is: .target),
    Attack("not ASCII", "GET /livez\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", is: .target),
    Attack("obs-fold", "GET /livez HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", is: .fieldName),
    Attack("fold first", "GET /livez HTTP/1.1\r\n Host: a\r\n\r\n", is: .fieldName),
    Attack("space before colon", "GET /livez HTTP/1.1\r\nHost : a\r\n\r\n", is: .fieldName),
    Attack("no colon", "GET /livez HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", is: .fieldName),
    Attack("no name", "GET /livez HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", is: .fieldName),
    Attack("no host", "GET /livez HTTP/1.1\r\n\r\n", is: .host),
    Attack("two hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", is: .host),
    Attack("host with a path", "GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n", is: .host),
    Attack(
      "two lengths", post + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", is: .contentLength),
    Attack(
      "a length twice", post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
      is: .contentLength),
    Attack("a list of lengths", post + "Content-Length: 0, 0\r\n\r\n", is: .contentLength),
    Attack("plus", post + "Content-Length: +0\r\n\r\n", is: .contentLength),
    Attack("hexadecimal", post + "Content-Length: 0x0\r\n\r\n", is: .contentLength),
    Attack("empty length", post + "Content-Length:\r\n\r\n", is: .contentLength),
    Attack("overflow", post + "Content-Length: 18446744073709551616\r\n\r\n", is: .contentLength),
    Attack(
      "length and chunks",
      post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", is: .bothLengths),
    Attack(
      "chunks and length",
      post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", is: .bothLengths),
    Attack(
      "chunked twice",
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      is: .transferEncoding),
    Attack(
      "identity, chunked", post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
      is: .transferEncoding),
    Attack(
      "another coding", post + "Transfer-Encoding: xchunked\r\n\r\n", is: .transferEncoding),
    Attack(
      "chunks in HTTP/1.0",
      "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", is: .transferEncoding),
    Attack("no size", chunked + "\r\n\r\n", is: .chunk),
    Attack("size in words", chunked + "zz\r\n", is: .chunk),
    Attack("negative size", chunked + "-1\r\n", is: .chunk),
    Attack("long size", chunked + "000000001\r\na\r\n", is: .chunk),
    Attack("extension", chunked + "1;a=b\r\na\r\n0\r\n\r\n", is: .chunk),
    Attack("space behind the size", chunked + "1 \r\na\r\n0\r\n\r\n", is: .chunk),
    Attack("LF behind the size", chunked + "1\na\n0\n\n", is: .chunk),
    Attack("chunk too long", chunked + "1\r\nab\r\n0\r\n\r\n", is: .chunk),
    Attack("trailer", chunked + "0\r\nX: y\r\n\r\n", is: .trailer),
    Attack(
      "credential in a trailer", chunked + "0\r\nAuthorization: Bearer x\r\n\r\n", is: .trailer),
    Attack("expectation", post + "Content-Length: 1\r\nExpect: a\r\n\r\n", is: .expectation),
    Attack("too much", post + "Content-Length: 99999999999\r\n\r\n", is: .bodyTooLong),
    Attack("a chunk too much", chunked + "ffffffff\r\n", is: .bodyTooLong),
    Attack(
      "a long target",
      "GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
      is: .targetTooLong),
    Attack("an endless target", "GET /" + String(repeating: "a", count: 20000), is: .targetTooLong),
    Attack(
      "a long field",
      "GET /livez HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 9000) + "\r\n\r\n",
      is: .headTooLong),
    Attack(
      "many fields",
      "GET /livez HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 300) + "\r\n",
      is: .headTooLong),
    Attack(
      "an endless head",
      "GET /livez HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 9000),
      is: .headTooLong),
  ]

  @Test(arguments: attacks) func isRefused(_ attack: Attack) {
    let smuggled = Array("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    var outputs: Set<String> = []
    for piece in [Int.max, 1, 7] {
      let peer = Conversation()
      peer.feed(attack.bytes + smuggled, piece: piece)
      #expect(peer.calls.isEmpty)
      #expect(peer.statuses == [attack.fault.status])
      #expect(peer.output.contains("\r\nconnection: close\r\n"))
      #expect(peer.lastBody == "\(attack.fault.sentence)")
      let reason = peer.violation?.reason ?? ""
      #expect(peer.isFinished && reason.hasPrefix("HTTP/1.1: "))
      outputs.insert(peer.output)
    }
    #expect(outputs.count == 1, "the cuts show")
  }

  @Test func everyFaultHasAnAttack() {
    let faults = Set(Self.attacks.map(\.fault))
    #expect(faults == Set(HTTPFault.allCases.filter(\.endsConnection)))
  }

  /// A body that is too long is dropped while it comes, so that its sender reads why.
  @Test func dropsABodyThatIsTooLong() {
    var limits = FramingLimits()
    limits.messageBytes = 1024
    let peer = Conversation(limits: limits)
    peer.feed(Self.post + "Content-Length: 2000\r\n\r\n")
    #expect(peer.statuses == [413])
    #expect(!peer.isFinished)
    peer.feed([UInt8](repeating: 1, count: 1999))
    #expect(!peer.isFinished)
    peer.feed([1])
    #expect(peer.isFinished && peer.statuses == [413])
  }
}
