internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// Every method of the contract, called on both protocols with every kind of fault.
@Suite struct MethodParityTests {
  /// What is wrong with a call, and the code that it has to end with, where that is one for all.
  private struct Fault {
    let name: String
    var payload: [UInt8] = []
    var bearer: String?
    var timeout: Int64?
    var code: Int32?
  }

  private static func faults(_ world: World) -> [Fault] {
    let acme = Encoding.field(1, "acme")
    return [
      Fault(name: "cut short", payload: [0x0a, 0x05, 0x61]),
      Fault(name: "a group", payload: [0x0b]),
      Fault(name: "no text", payload: Encoding.field(1, [0x61, 0x00, 0x62])),
      Fault(name: "nothing"),
      Fault(name: "an organization that is not", payload: Encoding.field(1, "nowhere")),
      Fault(name: "the rights of a user", payload: acme, bearer: world.secret(of: .user)),
      Fault(name: "the rights of a stranger", payload: acme, bearer: world.secret(of: .stranger)),
      Fault(name: "an org token", payload: acme, bearer: world.secret(of: .ingestToken)),
      Fault(name: "a revoked bearer", payload: acme, bearer: world.secret(of: .revoked)),
      Fault(name: "no bearer's text", payload: acme, bearer: "garbage"),
      Fault(name: "a bearer that is no ASCII", payload: acme, bearer: "\u{e9}"),
      Fault(name: "a passed deadline", payload: acme, timeout: -1, code: 4),
      Fault(name: "a revision to come", payload: Encoding.field(15, integer: 1 << 40)),
    ]
  }

  @Test func everyMethodFailsAlike() throws {
    let world = try World()
    let ttrpc = try TTRPCPeer(world.daemon)
    let grpc = try GRPCPeer(world.daemon)
    var stream: UInt32 = 1
    for method in Method.allCases {
      let descriptor = method.descriptor
      var failures = 0
      for fault in Self.faults(world) {
        var call = WireCall(
          service: descriptor.service, method: descriptor.name, payload: fault.payload,
          bearer: fault.bearer, timeout: fault.timeout)
        // A stream without an end needs a deadline.
        if call.timeout == nil, descriptor.kind.streamsResponses { call.timeout = 50_000_000 }
        let first = try ttrpc.answer(to: call, descriptor, stream)
        let second = try grpc.answer(to: call, descriptor, stream)
        let what = "\(descriptor.service)/\(descriptor.name) with \(fault.name)"
        #expect(first.outcome.code == second.outcome.code, "\(what)")
        if first.outcome.code != 0 {
          failures += 1
          #expect(first.outcome == second.outcome, "\(what)")
          #expect(first.messages == second.messages, "\(what)")
          #expect(!first.outcome.message.isEmpty, "\(what)")
        }
        if let code = fault.code { #expect(first.outcome.code == code, "\(what)") }
        stream += 2
      }
      #expect(failures > 0, "\(descriptor.name)")
    }
  }

  /// ttrpc says in its flags whether a call streams. HTTP/2 does not: there the contract decides.
  @Test func everyMethodRefusesAnotherShape() throws {
    let world = try World()
    let peer = try TTRPCPeer(world.daemon)
    var stream: UInt32 = 1
    for method in Method.allCases {
      let descriptor = method.descriptor
      let call = WireCall(service: descriptor.service, method: descriptor.name)
      let kind = descriptor.kind
      if kind.streamsRequests || kind.streamsResponses {
        try peer.send(call, stream: stream)
        #expect(try peer.next(stream).outcome?.reason == "STREAM_REQUIRED", "\(descriptor.name)")
        stream += 2
      }
      if kind.streamsRequests {
        try peer.open(call, stream: stream)
        #expect(try peer.next(stream).outcome?.reason == "STREAM_REQUIRED", "\(descriptor.name)")
      } else {
        try peer.openSending(call, stream: stream)
        #expect(try peer.next(stream).outcome?.reason == "NOT_A_STREAM", "\(descriptor.name)")
      }
      stream += 2
    }
  }
}

extension StreamPeer {
  /// Makes a call in the shape of its method.
  func answer(
    to call: WireCall, _ method: MethodDescriptor, _ stream: UInt32
  ) throws -> (messages: [[UInt8]], outcome: Outcome) {
    guard method.kind.streamsRequests || method.kind.streamsResponses else {
      try sendUnary(call, stream: stream)
      return ([], try unary(stream))
    }
    guard method.kind.streamsRequests else {
      try open(call, stream: stream)
      return try all(stream)
    }
    var head = call
    head.payload = []
    try openSending(head, stream: stream)
    try sendMessage(call.payload, on: stream)
    return try all(stream)
  }
}
