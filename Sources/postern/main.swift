internal import CWipingHeap
internal import Glibc
internal import Platform

// Tokens pass through strings and arrays of which many copies are made.
wiping_heap_begin()
// This must come before anything else is opened.
do throws(Errno) { try StandardStreams.openClosed() } catch {
  StandardError.write("postern: /dev/null can't be opened for a closed stream: \(error)\n")
  exit(ExitCode.failure.rawValue)
}
guard let arguments = ProcessArguments.behindName else {
  StandardError.write("postern: the list of arguments lacks even the program's name\n")
  exit(ExitCode.misuse.rawValue)
}
let code = Program.run(arguments, in: SystemContext())
FailPoint.exit.hang()
exit(code.rawValue)
