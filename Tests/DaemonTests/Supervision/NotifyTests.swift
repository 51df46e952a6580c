internal import Glibc
internal import PosternClient
internal import TestSupport
internal import Testing

/// What the service manager is told.
@Suite struct NotifyTests {
  private let folder = TemporaryFolder()

  private func notifying(
    _ inbox: NotifyInbox, _ more: [String: String] = [:]
  ) throws -> ChildProcess {
    let address = ["NOTIFY_SOCKET": inbox.address]
    return try SupervisedDaemon.start(
      in: folder, environment: address.merging(more) { _, new in new })
  }

  @Test(arguments: [false, true])
  func saysWhenItServesAndWhenItStops(isAbstract: Bool) throws {
    let path = "\(folder.path)/notify"
    let inbox = try NotifyInbox(isAbstract ? "@" + path : path)
    let daemon = try notifying(inbox)
    let ready = try inbox.next()
    #expect(
      ready == [
        "READY=1", "MAINPID=\(daemon.processID)", "STATUS=serving on \(folder.path)/socket",
      ])
    #expect(try PosternClient(socketPath: "\(folder.path)/socket").revision() == 0)
    daemon.signal(SIGTERM)
    let stopping = try inbox.next()
    #expect(stopping == ["STOPPING=1", "STATUS=answering the calls in flight"])
    #expect(try daemon.wait() == .exited(0))
  }

  @Test func givesSignsOfLife() throws {
    let inbox = try NotifyInbox("\(folder.path)/notify")
    let daemon = try notifying(inbox, ["WATCHDOG_USEC": "20000"])
    #expect(try inbox.next().first == "READY=1")
    for _ in 0..<5 { #expect(try inbox.next() == ["WATCHDOG=1"]) }
    daemon.signal(SIGTERM)
    #expect(try inbox.next(with: "STOPPING=1").contains("WATCHDOG=1"))
    #expect(try daemon.wait() == .exited(0))
  }

  @Test func servesThoughTheManagerIsGone() throws {
    let daemon = try SupervisedDaemon.start(
      in: folder, environment: ["NOTIFY_SOCKET": "\(folder.path)/nobody"])
    try daemon.waitForOutput("event=\"the service manager was not notified\"")
    #expect(try PosternClient(socketPath: "\(folder.path)/socket").revision() == 0)
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
  }

  @Test func servesThoughTheAddressIsUnknown() throws {
    let daemon = try SupervisedDaemon.start(
      in: folder, environment: ["NOTIFY_SOCKET": "vsock:2:1234", "WATCHDOG_USEC": "20000"])
    try daemon.waitForOutput("notify_socket=vsock:2:1234")
    try daemon.waitForOutput("event=serving")
    #expect(try PosternClient(socketPath: "\(folder.path)/socket").revision() == 0)
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
  }
}
