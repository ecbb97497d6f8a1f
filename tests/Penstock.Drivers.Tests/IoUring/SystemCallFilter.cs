using System.Runtime.ExceptionServices;
using Penstock.Testing;

namespace Penstock.Drivers.Tests.IoUring;

/// <summary>Runs code on a thread of its own that may not make one system call.</summary>
/// <remarks>The code must start neither threads nor processes: they would be bound as well, for good.</remarks>
internal static class SystemCallFilter
{
    /// <summary>What <paramref name="code"/> returns where system call <paramref name="number"/> fails with
    /// <paramref name="errno"/>.</summary>
    public static T Run<T>(uint number, int errno, Func<T> code)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                SeccompFilter.Install(number, errno);
                result = code();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
