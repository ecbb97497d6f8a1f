using Penstock.Net;

namespace Penstock.Polling;

/// <summary>A <see cref="Poller"/> refused a call, or its mechanism failed.</summary>
/// <remarks>
/// Only misuse and a shortage of kernel resources get here. What a peer does is an event, or an error of the read or
/// write that follows it.
/// </remarks>
public sealed class PollerException : IOException
{
    /// <summary>Describes a failed call.</summary>
    /// <param name="what">What could not be done, as in "epoll cannot add descriptor 7".</param>
    /// <param name="errorCode">The system's error number, positive.</param>
    public PollerException(string what, int errorCode)
        : base($"{what}: {Errno.Describe(errorCode)}") => ErrorCode = errorCode;

    /// <summary>The system's error number (<c>errno</c>): EEXIST, ENOENT, EBADF and so on.</summary>
    public int ErrorCode { get; }
}
