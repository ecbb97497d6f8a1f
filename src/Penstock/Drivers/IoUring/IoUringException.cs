using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>The kernel refused a ring, or a ring failed: the loop that it belongs to cannot go on.</summary>
internal sealed class IoUringException(string call, int errorCode)
    : IOException($"{call} failed: {Errno.Describe(errorCode)}")
{
    /// <summary>The system call that failed.</summary>
    public string Call => call;

    /// <summary>The system's error number, positive.</summary>
    public int ErrorCode => errorCode;
}
