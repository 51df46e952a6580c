internal import Foundation
internal import Platform

// Measures a daemon beside other servers: see `Options.help`. However this ends, the folder and the
// child processes are removed.

let arguments = ProcessArguments.behindName ?? []
if arguments.first == EchoPeer.role {
  do {
    var server = try EchoServer(Array(arguments.dropFirst()))
    try server.run()
  } catch {
    StandardError.write("PosternBench: \(error)\n")
    exit(1)
  }
  exit(0)
}
if arguments.first == KeptBench.role {
  do { try KeptBench.run(Array(arguments.dropFirst())) } catch {
    StandardError.write("PosternBench: \(error)\n")
    exit(1)
  }
  exit(0)
}

let options: Options
do { options = try Options(arguments) } catch {
  StandardError.write("PosternBench: \(error)\n")
  exit(2)
}
if options.isHelp {
  print(Options.help, terminator: "")
  exit(0)
}
do {
  let folder = try WorkFolder()
  defer { folder.remove() }
  try Watchdog.start(folder: folder, limitSeconds: options.limitSeconds)
  Affinity.pinAsClient()
  let text: String
  if options.isForFigures {
    text = try FiguresBench(options: options, folder: folder).run()
  } else if options.isFleet {
    var bench = FleetBench(options: options, folder: folder)
    let report = try bench.run()
    text = options.output == .json ? report.json : report.text
  } else {
    var bench = Bench(options: options, folder: folder)
    let report = try bench.run()
    text = options.output == .json ? report.json : report.text
  }
  Watchdog.yieldToEnd()
  print(text, terminator: "")
} catch {
  Watchdog.yieldToEnd()
  StandardError.write("PosternBench: \(error)\n")
  exit(1)
}
