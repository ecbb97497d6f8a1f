namespace Penstock.Net;

/// <summary>What an error of accept says about going on.</summary>
internal enum AcceptFailure
{
    /// <summary>One connection was lost on its way; the next may be fine.</summary>
    Transient,

    /// <summary>
    /// The process or the system lacks descriptors or memory, or forbids the call for now, and the connection still
    /// waits: trying again at once would spin.
    /// </summary>
    Exhausted,

    /// <summary>The listener itself is broken.</summary>
    Fatal,
}

/// <summary>
/// Sorts the errors of accept, following accept(2), which passes the new connection's pending errors on.
/// </summary>
internal static class AcceptFailures
{
    public static AcceptFailure Classify(int errno) => errno switch
    {
        Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM => AcceptFailure.Exhausted,
        _ when errno == Errno.ENOBUFS => AcceptFailure.Exhausted,

        // A filter or a security module says no, and takes nothing out of the backlog.
        Errno.EPERM or Errno.EACCES => AcceptFailure.Exhausted,
        Errno.EBADF or Errno.EINVAL or Errno.EFAULT => AcceptFailure.Fatal,
        _ when errno == Errno.ENOTSOCK || errno == Errno.EOPNOTSUPP => AcceptFailure.Fatal,
        _ => AcceptFailure.Transient,
    };
}
