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
}
