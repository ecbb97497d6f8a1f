using System.Net.Sockets;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

public sealed class SocketDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } = new SocketFixture();

    private sealed class SocketFixture : DriverFixture
    {
        public override bool WorksOnDescriptors => false;

        public override IoDriver Create(DriverLimits limits) => new SocketDriver(LoopClock.System, limits);

        public override SocketHandle HandOver(Socket socket) => SocketHandle.FromSocket(socket);

        public override SocketHandle AcceptOn(Socket listener) => SocketHandle.FromSocket(listener.Accept());
    }
}
