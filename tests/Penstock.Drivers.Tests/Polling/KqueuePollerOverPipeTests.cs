using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>As on a system whose kqueue has no user events.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KqueuePollerOverPipeTests : PollerContract
{
    protected override Poller Create()
    {
        KqueuePoller poller = KqueueRequirement.CreateOrSkip(allowUserEvent: false);
        Assert.True(poller.WakesThroughPipe);
        return poller;
    }
}
