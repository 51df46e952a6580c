internal import TestSupport
internal import Testing

/// `postern check --batch`, `explain` and `actions` over a daemon.
@Suite struct QuestionCommandTests {
  private func run(
    _ world: World, _ arguments: [String]
  ) throws -> (ending: Ending, output: String) {
    let process = try ChildProcess(
      Daemon.program("postern"), arguments,
      environment: ["POSTERN_SOCKET": world.daemon.socketPath, "HOME": "/"])
    let ending = try process.wait()
    return (ending, process.wholeOutput())
  }

  private static let bob = ["--org", "acme", "--user", "bob"]
  private static let dave = ["--org", "acme", "--user", "dave"]

  @Test func explains() throws {
    let world = try World()
    let deny = try run(world, ["explain", "dashboard.update", "dashboard/one"] + Self.bob)
    #expect(deny.ending == .exited(1))
    for line in [
      "denied: `dashboard.update` is allowed for: ",
      "\n  lacks  writer         neither the user nor any of its teams is a writer\n",
      "\nany of these would allow it:\n  make `bob` a writer of `dashboard/one` (SetWriter)\n",
      "  add `bob` to the team `writers` (AddTeamMember)\n",
      "  make `bob` an administrator (SetAdministrator)\n",
    ] {
      #expect(deny.output.contains(line), "\(deny.output)")
    }
    let allow = try run(world, ["explain", "dashboard.update", "dashboard/one"] + Self.dave)
    #expect(allow.ending == .exited(0))
    #expect(allow.output.hasPrefix("allowed: writer\n"), "\(allow.output)")
    #expect(allow.output.contains("  remove `dave` from the team `writers` (RemoveTeamMember)\n"))
    let json = try run(
      world, ["explain", "dashboard.update", "dashboard/one", "--output", "json"] + Self.bob)
    #expect(json.output.contains(#""method":"postern.v1.DirectoryService.SetWriter""#))
    let misuse = try run(world, ["explain", "dashboard.paint"] + Self.bob)
    #expect(misuse.ending == .exited(2))
  }

  @Test func listsActions() throws {
    let world = try World()
    let some = try run(world, ["actions", "dashboard/one"] + Self.dave)
    #expect(some.ending == .exited(0))
    #expect(some.output.contains("\ndashboard.update         writer\n"), "\(some.output)")
    let none = try run(world, ["actions", "integration"] + Self.bob)
    #expect(none.ending == .exited(1))
    #expect(none.output == "no action is allowed\n")
  }

  @Test func decidesABatch() throws {
    let world = try World()
    let file = { (text: String) in world.daemon.folder.write("batch", text) }
    let create = #"{"action":"dashboard.create"}"#
    let update = #"{"action":"dashboard.update","resource":{"id":"one"}}"#
    let both = try run(world, ["check", "--batch", file("\(create)\n\n\(update)")] + Self.bob)
    #expect(both.ending == .exited(1))
    #expect(
      both.output.hasPrefix("1  dashboard.create  allowed: member\n3  dashboard.update  denied: "),
      "\(both.output)")
    let one = try run(world, ["check", "--batch", file(create)] + Self.bob)
    #expect(one.ending == .exited(0))
    let bad = try run(
      world, ["check", "--batch", file("\(create)\n\n{\"action\":\"a.b\"}")] + Self.bob)
    #expect(bad.ending == .exited(2))
    #expect(bad.output.contains("line 3: `action` is not one of"), "\(bad.output)")
    let own = #"{"action":"dashboard.create","user":{"organization_id":"acme","user_id":"bob"}}"#
    #expect(try run(world, ["check", "--batch", file(own)]).ending == .exited(0))
    #expect(try run(world, ["check", "--batch", file(create)]).ending == .exited(1))
  }
}
