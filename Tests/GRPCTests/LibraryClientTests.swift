internal import GRPC
internal import RPC
internal import Testing

/// The framing against a client that checks what it gets.
@Suite struct LibraryClientTests {
  @Test(arguments: [1, 7, 4096]) func answersManyCalls(_ chunk: Int) throws {
    let peer = LibraryPeer()
    let payloads = (0..<60).map { number in
      [UInt8](repeating: UInt8(number), count: number * number)
    }
    let streams = payloads.map { peer.call(message($0)) }
    try peer.exchange(chunk: chunk)
    for (stream, payload) in zip(streams, payloads) {
      let answer = try #require(peer.answers[stream])
      #expect(answer.fields[":status"] == "200")
      #expect(answer.fields["grpc-status"] == "0")
      #expect(answer.data == message(payload))
      #expect(answer.closeCode == 0)
    }
    let open = peer.framing.openCalls
    #expect(open == 0)
  }

  @Test func carriesLargeMessagesBothWays() throws {
    let peer = LibraryPeer()
    let payload = (0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 >> 5) }
    let streams = (0..<3).map { _ in peer.call(message(payload)) }
    try peer.exchange(chunk: 65_536)
    for stream in streams {
      #expect(peer.answers[stream]?.data == message(payload))
      #expect(peer.answers[stream]?.fields["grpc-status"] == "0")
    }
  }

  @Test func stopsAnUploadThatIsTooLarge() throws {
    let peer = LibraryPeer()
    let body = message([UInt8](repeating: 0, count: 8 << 20))
    let stream = peer.call(body)
    try peer.exchange()
    let answer = try #require(peer.answers[stream])
    #expect(answer.fields["grpc-status"] == "8")
    #expect(answer.closeCode == 0)
    #expect((peer.bodies[stream]?.count ?? 0) > 3 << 20, "the rest was never sent")
    let next = peer.call(message([1]))
    try peer.exchange()
    #expect(peer.answers[next]?.data == message([1]))
  }

  @Test func cancels() throws {
    let peer = LibraryPeer()
    let cancelled = peer.call(message([1]))
    try peer.exchange(echoes: false)
    peer.cancel(cancelled)
    try peer.exchange(echoes: false)
    let kept = peer.call(message([2]))
    try peer.exchange()
    #expect(peer.answers[cancelled]?.fields.isEmpty ?? true)
    #expect(peer.answers[kept]?.data == message([2]))
  }

  @Test(arguments: [1, 7, 4096]) func streams(_ chunk: Int) throws {
    let peer = LibraryPeer()
    let messages = (0..<40).map { [UInt8](repeating: UInt8($0), count: $0 * $0) }
    let body = messages.flatMap { message($0) }
    let upload = peer.call(body, "Upload")
    let watch = peer.call(message([1, 44]), "Watch")
    let talk = peer.call(body, "Talk")
    let unary = peer.call(message([1]))
    try peer.exchange(chunk: chunk)
    #expect(peer.answers[upload]?.data == message([UInt8](repeating: 1, count: 40)))
    #expect(peer.answers[watch]?.data.count == 300 * 1005)
    #expect(peer.answers[talk]?.data == body)
    #expect(peer.answers[unary]?.data == message([1]))
    for stream in [upload, watch, talk, unary] {
      #expect(peer.answers[stream]?.fields["grpc-status"] == "0")
      #expect(peer.answers[stream]?.closeCode == 0)
    }
    let open = peer.framing.openCalls
    #expect(open == 0)
  }

  @Test func talksForLong() throws {
    let peer = LibraryPeer()
    let stream = peer.call([], "Talk", end: false)
    var expected: [UInt8] = []
    for round in 0..<200 {
      let next = message([UInt8](repeating: UInt8(round), count: round * 37))
      expected += next
      peer.send(stream, next, end: round == 199)
      try peer.exchange()
      let isWhole = peer.answers[stream]?.data == expected
      #expect(isWhole, "an answer to every message")
    }
    #expect(peer.answers[stream]?.fields["grpc-status"] == "0")
    #expect(peer.answers[stream]?.closeCode == 0)
  }

  @Test func carriesLargeStreams() throws {
    let peer = LibraryPeer()
    let body = (0..<4).flatMap { message([UInt8](repeating: UInt8($0), count: 300_000)) }
    let streams = (0..<3).map { _ in peer.call(body, "Talk") }
    try peer.exchange(chunk: 65_536)
    for stream in streams {
      let isWhole = peer.answers[stream]?.data == body
      #expect(isWhole)
      #expect(peer.answers[stream]?.fields["grpc-status"] == "0")
    }
    let held = peer.framing.heldBytes
    #expect(held == 0)
  }

  @Test func cancelsStreams() throws {
    let peer = LibraryPeer()
    let methods = ["Upload", "Watch", "Talk"]
    let cancelled = methods.map { peer.call(message([255, 255]), $0, end: $0 == "Watch") }
    try peer.exchange()
    for stream in cancelled { peer.cancel(stream) }
    let kept = peer.call(message([2]), "Talk")
    try peer.exchange()
    #expect(peer.answers[kept]?.data == message([2]))
    // The watch had come to its end.
    #expect(peer.server.cancelled.count == 2)
    let open = peer.framing.openCalls
    #expect(open == 0)
  }
}
