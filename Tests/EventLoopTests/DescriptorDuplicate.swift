internal import Glibc

/// Makes `target` another number of `source`; what `target` was is closed.
func duplicate(_ source: Int32, onto target: Int32) -> Int32 {
  dup2(source, target)
}
