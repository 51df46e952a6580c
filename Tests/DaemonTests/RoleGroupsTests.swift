internal import Glibc
internal import Platform
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// Roles by group and by name, and when the identity of a peer can be trusted.
@Suite struct RoleGroupsTests {
  /// A process, and what the daemon that it calls was told about groups.
  struct Case: Sendable, CustomTestStringConvertible {
    let flags: [String]
    var groupID = StrangerProcess.userID
    var groups: [Int] = []
    let role: Role

    var testDescription: String { "\(flags), \(groupID) and \(groups.count) more: \(role)" }
  }

  private static let cases = [
    Case(flags: ["--operator-gid", "4242"], groups: [4242], role: .operator),
    Case(flags: ["--operator-gid", "4242"], groupID: "4242", role: .operator),
    Case(flags: ["--operator-gid", "4242"], groups: [4241, 4243], role: .client),
    Case(flags: ["--operator-gid", "4242"], role: .client),
    Case(flags: ["--operator-gid=4242"], groups: Array(4100...4242), role: .operator),
    Case(flags: ["--operator-gid=4242"], groups: Array(4243...4400), role: .client),
    Case(flags: ["--issuer-gid", "4242"], groups: [4241, 4242], role: .issuer),
    Case(
      flags: ["--issuer-gid=4242", "--operator-gid=4243"], groups: [4242, 4243], role: .operator),
    Case(flags: ["--issuer-gid=4242", "--operator-gid=4243"], groups: [4242], role: .issuer),
    // A user with the number of the group has no role by it.
    Case(flags: ["--operator-uid", "4242"], groupID: "4242", groups: [4242], role: .client),
  ]

  @Test(.enabled(if: StrangerProcess.canStart, "needs root and setpriv"), arguments: cases)
  func aGroupGivesARole(_ example: Case) throws {
    let world = try World(["--socket-mode", "0666"] + example.flags)
    #expect(try role(in: world, groupID: example.groupID, groups: example.groups) == example.role)
  }

  @Test(.enabled(if: StrangerProcess.canStart, "needs root and setpriv"))
  func namesServeAsNumbersDo() throws {
    guard let user = userName(65_534), let group = groupName(1) else { return }
    for (key, groups, role) in [
      ("operator_user: '\(user)'", [], Role.operator), ("issuer_user: '\(user)'", [], .issuer),
      ("operator_group: ['root', '\(group)']", [1], .operator),
      ("issuer_group: '\(group)'", [1], .issuer), ("issuer_group: '\(group)'", [2], .client),
    ] {
      let folder = TemporaryFolder()
      let file = folder.write("configuration.json5", "{ socket_mode: '0666', \(key) }")
      let world = try World(["--config", file])
      #expect(try self.role(in: world, groups: groups) == role, "\(key)")
    }
  }

  @Test(arguments: [
    ("operator", "user"), ("operator", "group"), ("issuer", "user"), ("issuer", "group"),
  ])
  func refusesAnUnknownName(_ role: String, _ kind: String) throws {
    let folder = TemporaryFolder()
    let flag = try Daemon.start(["--\(role)-\(kind)", "no-such-name"], in: folder)
    #expect(try flag.wait() == .exited(1))
    let sentence = "this machine has no \(kind) `no-such-name`\n"
    #expect(flag.wholeOutput() == "posternd: `--\(role)-\(kind)`: \(sentence)")
    let file = folder.write("configuration.json5", "{ \(role)_\(kind): 'no-such-name' }")
    let key = try Daemon.start(["--config", file], in: folder)
    #expect(try key.wait() == .exited(1))
    #expect(
      key.wholeOutput() == "posternd: `\(file)`, line 1: `\(role)_\(kind)`: \(sentence)")
  }

  /// The kernel gives the greatest number for an id that the namespace doesn't map.
  @Test(arguments: ["operator-uid", "operator-gid", "issuer-uid", "issuer-gid"])
  func refusesTheUnmappedNumber(_ flag: String) throws {
    let process = try Daemon.start(["--\(flag)", "4294967295"], in: TemporaryFolder())
    #expect(try process.wait() == .exited(1))
    #expect(process.says("`--\(flag)`"))
  }

  /// The daemon ends up with no descriptor that a peer sent, refused or dropped.
  @Test func noDescriptorOfAPeerStaysOpen() throws {
    let daemon = try Daemon(["--workers", "1"])
    // A change makes sure that the writer and the only worker have opened what their loops need.
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let socket = try UnixConnection.connect(path: daemon.socketPath)
    let call = TTRPCPeer.request(WireCall())
    try socket.sendAll(TTRPCPeer.frame(call, stream: 1).span)
    try readAnswer(socket)
    let before = openDescriptors(of: daemon)
    let frame = TTRPCPeer.frame(call, stream: 3)
    let sent = try SentDescriptors(copies: 100, with: frame, over: socket)
    if sent.refusal != nil { try socket.sendAll(frame.span) }
    try readAnswer(socket)
    #expect(try sent.areClosed(withinMilliseconds: ChildProcess.patienceMilliseconds))
    #expect(openDescriptors(of: daemon) == before)
    #expect(try client.revision() > 0, "its connection was open all the while")
    #expect(try daemon.stop() == .exited(0))
  }

  /// A process that may write to the socket's folder can replace the socket with its own.
  @Test(arguments: [0o777, 0o775, 0o1777] as [mode_t])
  func refusesASocketFolderThatOthersMayWriteTo(_ mode: mode_t) throws {
    let output = try refusal(ofFolderWith: { unsafe chmod($0, mode) })
    #expect(output.text.contains("other users may write to"))
    #expect(output.text.contains("`\(output.folder)` (mode 0\(String(mode, radix: 8)))"))
    #expect(output.text.contains("chmod"), "says what to do")
  }

  @Test(.enabled("only root may give a folder away") { geteuid() == 0 })
  func refusesASocketFolderOfAnotherUser() throws {
    let output = try refusal(ofFolderWith: { unsafe chown($0, 12_345, 12_345) })
    #expect(output.text.contains("`\(output.folder)` belongs to user 12345, not to user 0: "))
    #expect(output.text.contains("change its owner or choose another path"))
  }

  /// The daemon's output about a socket's folder that was prepared so.
  private func refusal(
    ofFolderWith prepare: (String) -> Int32
  ) throws -> (folder: String, text: String) {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/other"
    try #require(unsafe mkdir(path, 0o755) == 0)
    try #require(prepare(path) == 0)
    let process = try Daemon.start(["--socket", "\(path)/socket"], in: folder)
    #expect(try process.wait() == .exited(1))
    let output = process.wholeOutput()
    #expect(output.hasPrefix("posternd: ") && output.split(separator: "\n").count == 1)
    return (path, output)
  }

  /// What a process may do, found out by trying.
  private func role(
    in world: World, groupID: String = StrangerProcess.userID, groups: [Int]
  ) throws -> Role {
    unsafe chmod(world.daemon.folder.path, 0o755)
    let list = groups.map(String.init).joined(separator: ",")
    let flags = [
      "--reuid=\(StrangerProcess.userID)", "--regid=\(groupID)",
      groups.isEmpty ? "--clear-groups" : "--groups=\(list)", Daemon.program("postern"),
    ]
    let environment = ["HOME": "/", "POSTERN_SOCKET": world.daemon.socketPath]
    func succeeds(_ arguments: [String]) throws -> Bool {
      let process = try ChildProcess(
        "/usr/bin/setpriv", flags + arguments, environment: environment)
      let ending = try process.wait()
      let output = process.wholeOutput()
      #expect(
        ending == .exited(0) || output.contains("UNAUTHENTICATED")
          || output.contains("PERMISSION_DENIED") || output.contains("token"), "\(output)")
      return ending == .exited(0)
    }
    #expect(try succeeds(["status"]))
    if try succeeds(["org", "create", "new", "--admin", "x"]) { return .operator }
    let issues = try succeeds(["token", "issue", "--org", "acme", "--user", "bob"])
    return issues ? .issuer : .client
  }

  private func readAnswer(_ socket: borrowing FileDescriptor) throws {
    var wanted = 10
    var body: Int?
    while wanted > 0 {
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: wanted, alignment: 1)
      defer { unsafe room.deallocate() }
      guard try socket.waitUntilReadable(timeoutMilliseconds: ChildProcess.patienceMilliseconds),
        case .bytes(wanted) = unsafe try socket.read(into: room)
      else { throw FixtureError("no answer") }
      guard body == nil else { return }
      body = unsafe room[0..<4].reduce(0) { $0 << 8 | Int($1) }
      wanted = body ?? 0
    }
  }

  /// What the daemon has open; nothing where this process may not see it.
  private func openDescriptors(of daemon: Daemon) -> [String] {
    guard let folder = unsafe opendir("/proc/\(daemon.process.processID)/fd") else { return [] }
    defer { unsafe closedir(folder) }
    var targets: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
        unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      }
      var target = [CChar](repeating: 0, count: 256)
      let path = "/proc/\(daemon.process.processID)/fd/\(name)"
      let count = unsafe readlink(path, &target, target.count)
      let bytes = target[..<max(0, count)].map { UInt8(bitPattern: $0) }
      targets.append(String(decoding: bytes, as: UTF8.self))
    }
    return targets.sorted()
  }

  private func userName(_ number: uid_t) -> String? {
    // SAFETY: only this test asks, and it copies the name at once.
    guard let entry = unsafe getpwuid(number) else { return nil }
    return unsafe String(cString: entry.pointee.pw_name)
  }

  private func groupName(_ number: gid_t) -> String? {
    // SAFETY: only this test asks, and it copies the name at once.
    guard let entry = unsafe getgrgid(number) else { return nil }
    return unsafe String(cString: entry.pointee.gr_name)
  }
}
