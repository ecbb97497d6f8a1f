using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>The way of waking that Linux does not use, so that it is tested on Linux too.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PollPollerOverPipeTests : PollerContract
{
    protected override Poller Create() => new PollPoller(WakeSignal.CreatePipe());
}
