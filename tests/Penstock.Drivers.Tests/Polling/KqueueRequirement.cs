using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>
/// kqueue is a part of macOS and the BSDs; on Linux it is where libkqueue is installed, or named in the environment.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static class KqueueRequirement
{
    /// <summary>Makes a poller, or skips the test.</summary>
    public static KqueuePoller CreateOrSkip(bool allowUserEvent = true)
    {
        Assert.SkipUnless(KqueuePoller.IsAvailable, "this machine has no kqueue");
        return new KqueuePoller(allowUserEvent);
    }
}
