internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Page tokens: good for the list that gave them, over a restart too, and for nothing else.
@Suite struct PageTokenTests {
  /// A list with at least two items, as a call without the fields of its page.
  private struct List {
    let service: String
    let method: String
    var payload: [UInt8] = []
    /// The numbers of `page_size`, zero for none, and of `page_token`.
    let size: UInt64
    let token: UInt64

    func call(size pageSize: UInt64, token text: String) -> WireCall {
      let page = size == 0 ? [] : Encoding.field(size, integer: pageSize)
      return WireCall(
        service: "postern.v1." + service, method: method,
        payload: payload + page + (text.isEmpty ? [] : Encoding.field(token, text)))
    }
  }

  private static let acme = Encoding.field(1, "acme")

  /// Every list of the contract, with its filters and without.
  private static let lists: [List] = {
    let directory = "DirectoryService"
    let other = Encoding.field(1, "other")
    let day = Encoding.field(1, integer: 1)
    var lists = [List(service: directory, method: "ListOrganizations", size: 1, token: 2)]
    for payload in [acme, other] {
      lists.append(
        List(service: directory, method: "ListUsers", payload: payload, size: 2, token: 3))
      lists.append(
        List(
          service: "TokenService", method: "ListTokens", payload: payload, size: 4, token: 5))
    }
    for filter in [[], Encoding.field(4, "dave")] {
      lists.append(
        List(service: directory, method: "ListTeams", payload: acme + filter, size: 2, token: 3))
    }
    for filter in [[], Encoding.field(2, "dashboard")] {
      lists.append(
        List(
          service: directory, method: "ListResources", payload: acme + filter, size: 3, token: 4))
    }
    for team in ["readers", "others"] {
      lists.append(
        List(
          service: directory, method: "ListTeamMembers", payload: acme + Encoding.field(2, team),
          size: 3, token: 4))
    }
    for type in ["dashboard", "detector"] {
      let resource = Encoding.field(2, type) + Encoding.field(3, "one")
      lists.append(
        List(
          service: directory, method: "ListWriters", payload: acme + resource, size: 4, token: 5))
    }
    for filter in [Encoding.field(2, "alice"), Encoding.field(3, integer: 1)] {
      lists.append(
        List(
          service: "TokenService", method: "ListTokens", payload: acme + filter, size: 4, token: 5))
    }
    for filter in [[], Encoding.field(4, day), Encoding.field(2, "alice")] {
      lists.append(
        List(
          service: "AuditService", method: "GetUsage", payload: acme + filter, size: 6, token: 7))
    }
    return lists
  }()

  /// The page token in an answer.
  private static func next(_ outcome: Outcome) throws -> String {
    #expect(outcome.code == 0, "\(outcome)")
    var reader = WireReader(outcome.payload.span)
    while let field = try reader.next() {
      if field.number == 2 { return String(field.bytes) }
    }
    return ""
  }

  private static func world() throws -> World {
    let world = try World()
    let client = try world.daemon.client()
    for team in ["readers", "others"] {
      try client.createTeam(team, of: "acme", members: ["dave", "bob"])
    }
    _ = try client.issueToken(for: "mallory", of: "other")
    for _ in 0..<2 {
      _ = try client.isActive(world.secret(of: .administrator))
      _ = try client.check(token: world.secret(of: .administrator), "datapoint.ingest")
      _ = try client.isActive(world.secret(of: .user))
    }
    return world
  }

  /// The same ledger, with the usage that is written when a daemon ends.
  private static func restart(_ daemon: Daemon) throws -> Daemon {
    let folder = daemon.folder
    _ = try daemon.stop()
    return try Daemon(folder: folder)
  }

  @Test func areGoodForTheirListAlone() throws {
    let daemon = try Self.restart(Self.world().daemon)
    let ttrpc = try TTRPCPeer(daemon)
    let grpc = try GRPCPeer(daemon)
    var stream: UInt32 = 1
    func ask(_ list: List, size: UInt64 = 1, token: String = "") throws -> Outcome {
      let call = list.call(size: size, token: token)
      defer { stream += 2 }
      let outcome = try ttrpc.call(call, stream: stream)
      #expect(try grpc.call(call, stream: stream) == outcome, "\(list.method)")
      return outcome
    }
    let tokens = try Self.lists.map { try Self.next(ask($0)) }
    for (position, list) in Self.lists.enumerated() {
      #expect(!tokens[position].isEmpty, "\(list.method) has one page")
      for (origin, token) in tokens.enumerated() {
        let outcome = try ask(list, size: 7, token: token)
        let isOwn = origin == position
        #expect(outcome.code == (isOwn ? 0 : 3), "\(origin) at \(position), \(list.method)")
        if !isOwn { #expect(outcome.field == "page_token") }
      }
      for made in ["a", "a b", "alice", String(repeating: "a", count: 5000), "\u{e9}"] {
        #expect(try ask(list, token: made).field == "page_token", "\(list.method), \(made.count)")
      }
    }
  }

  /// Every field that narrows a list down, with a value that it may have.
  private static func filters(tokenID: [UInt8]) -> [String: [[UInt8]]] {
    let late = Encoding.field(1, integer: 4_102_444_800)
    return [
      "GetUsage": [
        Encoding.field(2, "alice"), Encoding.field(3, tokenID), Encoding.field(4, late),
        Encoding.field(5, late), Encoding.field(8, "ValidateToken"),
      ],
      "ListTokens": [
        Encoding.field(2, "alice"), Encoding.field(3, integer: 1), Encoding.field(6, integer: 1),
        Encoding.field(7, late), Encoding.field(8, late),
      ],
      "ListTeams": [Encoding.field(4, "dave")],
      "ListResources": [Encoding.field(2, "dashboard")],
    ]
  }

  @Test func areGoodForTheSameFiltersAlone() throws {
    let world = try Self.world()
    let id = Array(world.secret(of: .administrator).utf8)[6..<28]
    let daemon = try Self.restart(world.daemon)
    let peers = try BothPeers(daemon)
    var count = 0
    for list in Self.lists where list.payload == Self.acme {
      let token = try Self.next(peers.ask(list.call(size: 1, token: "")))
      #expect(!token.isEmpty)
      for filter in Self.filters(tokenID: Array(id))[list.method] ?? [] {
        var other = list
        other.payload += filter
        let outcome = try peers.ask(other.call(size: 1, token: token))
        #expect(outcome.field == "page_token", "\(list.method) \(filter): \(outcome)")
        count += 1
      }
    }
    #expect(count == 12)
  }

  @Test func areGoodOverARestart() throws {
    let daemon = try Self.restart(Self.world().daemon)
    var tokens: [String] = []
    var rests: [Outcome] = []
    do {
      let peer = try TTRPCPeer(daemon)
      for (index, list) in Self.lists.enumerated() {
        let stream = UInt32(4 * index + 1)
        tokens.append(try Self.next(peer.call(list.call(size: 1, token: ""), stream: stream)))
        let call = list.call(size: 50, token: tokens[index])
        rests.append(try peer.call(call, stream: stream + 2))
      }
    }
    let next = try Self.restart(daemon)
    let peer = try TTRPCPeer(next)
    for (index, list) in Self.lists.enumerated() {
      let call = list.call(size: 50, token: tokens[index])
      let rest = try peer.call(call, stream: UInt32(2 * index + 1))
      #expect(rest.code == 0, "\(rest)")
      #expect(rest == rests[index], "\(list.method)")
    }
    #expect(try next.stop() == .exited(0))
  }

  @Test func areRefusedWithAnyByteChanged() throws {
    let daemon = try Self.world().daemon
    let client = try daemon.client()
    func list(_ token: String) throws(ClientError) -> String {
      let reply = try client.listUsers {
        $0.setOrganizationID("acme")
        $0.setPageSize(1)
        $0.setPageToken(token)
      }
      return String(reply.message.nextPageToken)
    }
    let token = Array(try list("").utf8)
    var forgeries = [
      token + [0x41], token + [0x3d], Array(token.dropLast()), [0x41], token + token,
    ]
    for index in token.indices {
      for character in Array("ABCQgwz09-_".utf8) where character != token[index] {
        var changed = token
        changed[index] = character
        forgeries.append(changed)
      }
    }
    for forgery in forgeries {
      let text = String(decoding: forgery, as: UTF8.self)
      let refusal = failure { () throws(ClientError) in _ = try list(text) }
      #expect(refusal?.statusName == "INVALID_ARGUMENT", "\(text)")
      #expect(refusal?.field == "page_token", "\(text)")
    }
    #expect(failure { () throws(ClientError) in _ = try list(String(token)) } == nil)
  }

  /// A mass revocation goes on from page tokens of its own.
  @Test func areBoundInARevocation() throws {
    let daemon = try Self.world().daemon
    let client = try daemon.client()
    let reply = try client.listTokens {
      $0.setOrganizationID("acme")
      $0.setPageSize(1)
    }
    let peer = try TTRPCPeer(daemon)
    let foreign = Encoding.field(5, String(reply.message.nextPageToken))
    try peer.open(WireCall(method: "RevokeTokens", payload: Self.acme + foreign), stream: 1)
    let outcome = try peer.all(1).outcome
    #expect(outcome.code == 3 && outcome.field == "page_token", "\(outcome)")
  }
}

extension String {
  fileprivate init(_ bytes: [UInt8]) { self.init(decoding: bytes, as: UTF8.self) }
}
