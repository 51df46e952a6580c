internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct SocketActivationTests {
  private let directory = TemporaryFolder()

  private func names(_ processID: String?, _ count: String?, _ names: String?) throws -> [String] {
    try SocketActivation.names(processID: processID, count: count, names: names, ownProcessID: 42)
  }

  @Test func givesANameToEachDescriptor() throws {
    #expect(try names("42", "1", nil) == ["unknown"])
    #expect(try names("42", "2", "a.socket:b.socket") == ["a.socket", "b.socket"])
    #expect(try names("42", "2", ":b") == ["", "b"])
    #expect(try names("42", "0", nil) == [])
    #expect(try names("42", "0", "") == [])
  }

  @Test func leavesWhatAnotherProcessIsMeantToHave() throws {
    #expect(try names("43", "2", "a:b") == [])
    #expect(try names("43", "nonsense", nil) == [])
    #expect(try names(nil, "2", "a:b") == [])
    #expect(try names("42", nil, nil) == [])
  }

  @Test func refusesWhatIsNoNumber() {
    for value in ["", "x", "-1", "0", "42 ", "99999999999"] {
      #expect(throws: ActivationError.malformed(variable: "LISTEN_PID", value: value)) {
        _ = try names(value, "1", nil)
      }
    }
    for value in ["", "x", "-1", "257", "99999999999999999999"] {
      #expect(throws: ActivationError.malformed(variable: "LISTEN_FDS", value: value)) {
        _ = try names("42", value, nil)
      }
    }
    #expect(throws: ActivationError.namesDiffer(nameCount: 1, descriptorCount: 2)) {
      _ = try names("42", "2", "a")
    }
  }

  @Test func takesOverAListener() throws {
    let path = directory.path("socket")
    let original = try UnixListener(path: path)
    let descriptor = try SystemCall.value { dup(original.rawValue) }
    let inherited = try InheritedSocket(descriptor: descriptor, name: "api")
    #expect(inherited.name == "api")
    #expect(inherited.path == path)
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    let listener = try inherited.makeListener()
    let flags = fcntl(listener.rawValue, F_GETFL)
    #expect(flags & O_NONBLOCK != 0)
    _ = original.rawValue
  }

  private func refusal(_ descriptor: Int32) -> String? {
    do {
      _ = try InheritedSocket(descriptor: descriptor, name: "api")
      return nil
    } catch { return error.description }
  }

  private func socket(_ family: Int32, _ type: __socket_type) throws -> Int32 {
    try SystemCall.value { Glibc.socket(family, Int32(type.rawValue), 0) }
  }

  @Test func refusesWhatIsNoListener() throws {
    let file = try SystemCall.value { unsafe creat(directory.path("file"), 0o600) }
    #expect(
      refusal(file)
        == "the inherited descriptor \(file) (`api`) is not a socket, and a Unix stream socket "
        + "that listens is needed: use ListenStream= with a path, and Accept=no")
    #expect(refusal(try socket(AF_INET, SOCK_STREAM))?.contains("another family") == true)
    #expect(refusal(try socket(AF_UNIX, SOCK_DGRAM))?.contains("another type") == true)
    #expect(refusal(try socket(AF_UNIX, SOCK_STREAM))?.contains("does not listen") == true)
    #expect(refusal(987_654)?.contains("is not open") == true)
  }

  @Test func refusesAnAbstractListener() throws {
    let descriptor = try socket(AF_UNIX, SOCK_STREAM)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // The kernel picks an abstract name for an address that has a family only.
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sa_family_t>.size))
      }
    }
    try #require(bound == 0)
    try #require(listen(descriptor, 1) == 0)
    #expect(refusal(descriptor)?.contains("is the abstract socket `@") == true)
  }

  @Test func takesAVariableOnce() {
    unsafe setenv("POSTERN_TEST_TAKEN", "value", 1)
    #expect(ProcessEnvironment.take("POSTERN_TEST_TAKEN") == "value")
    #expect(ProcessEnvironment.take("POSTERN_TEST_TAKEN") == nil)
  }

  @Test func readsThePeriodOfTheWatchdog() {
    func period(_ microseconds: String?, _ processID: String?) -> Int64? {
      WatchdogPeriod.nanoseconds(
        microseconds: microseconds, processID: processID, ownProcessID: 42)
    }
    #expect(period("30000000", "42") == 30_000_000_000)
    #expect(period("30000000", nil) == 30_000_000_000)
    #expect(period("30000000", "43") == nil)
    #expect(period("30000000", "x") == nil)
    for value in [nil, "", "x", "0", "-1", "9223372036854775807"] {
      #expect(period(value, "42") == nil)
    }
  }

  @Test(arguments: [
    "", "/", "@", "relative", "vsock:2:1234", "/" + String(repeating: "a", count: 107),
  ])
  func refusesAnAddressThatIsNone(address: String) {
    #expect(throws: Errno.invalidArgument) { _ = try NotifySocket(address: address).send("") }
  }

  @Test func reportsAMissingSupervisor() throws {
    let path = directory.path("nobody")
    #expect(throws: Errno.noSuchFile) { try NotifySocket(address: path).send("READY=1") }
  }
}
