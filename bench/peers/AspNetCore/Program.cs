// The same minimal application on the transport that the first argument names, so that nothing differs but the
// transport. Listens for HTTP on PORT, default a free one, and for HTTPS on a free one, and prints both addresses.
// usage: aspnetcore-peer sockets|sockets-inline|inline|threadpool [PORT [MECHANISM]]
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Penstock;
using Penstock.Kestrel;

if (args.Length < 1)
{
    Console.Error.WriteLine("usage: aspnetcore-peer sockets|sockets-inline|inline|threadpool [PORT [MECHANISM]]");
    return 2;
}

int port = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 0;
IoMechanism mechanism = args.Length > 2 ? Enum.Parse<IoMechanism>(args[2], ignoreCase: true) : IoMechanism.Auto;
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
{
    options.Limits.MaxRequestBodySize = null;
    options.ListenAnyIP(port);
    options.ListenAnyIP(0, listen => listen.UseHttps(CreateCertificate()));
});
UseTransport(builder.WebHost, args[0], mechanism);

byte[] hello = "Hello"u8.ToArray();
byte[] large = new byte[64 * 1024];
object item = new { Id = 1, Name = "penstock", Text = new string('x', 980) };

WebApplication app = builder.Build();
app.Run(async context =>
{
    HttpResponse response = context.Response;
    switch (context.Request.Path.Value)
    {
        case "/json":
            await response.WriteAsJsonAsync(item, context.RequestAborted);
            return;
        case "/large":
            response.ContentLength = large.Length;
            await response.Body.WriteAsync(large, context.RequestAborted);
            return;
        case "/upload":
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            return;
        case "/collect":
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            long heap = GC.GetTotalMemory(forceFullCollection: true);
            await response.WriteAsync(heap.ToString(CultureInfo.InvariantCulture), context.RequestAborted);
            return;
        default:
            response.ContentType = "text/plain";
            response.ContentLength = hello.Length;
            await response.Body.WriteAsync(hello, context.RequestAborted);
            return;
    }
});
await app.StartAsync();
Console.WriteLine($"{args[0]} on {string.Join(' ', app.Urls)}");
await app.WaitForShutdownAsync();
return 0;

static void UseTransport(IWebHostBuilder host, string name, IoMechanism mechanism) => _ = name switch
{
    "sockets" => host,
    "sockets-inline" => host.UseSockets(options => options.UnsafePreferInlineScheduling = true),
    "inline" => host.UsePenstock(options =>
    {
        options.ApplicationScheduling = ApplicationScheduling.Inline;
        options.IoMechanism = mechanism;
        options.LoopCount = 1;
    }),
    "threadpool" => host.UsePenstock(options =>
    {
        options.IoMechanism = mechanism;
        options.LoopCount = 1;
    }),
    _ => throw new ArgumentException($"No transport is called '{name}'.", nameof(name)),
};

static X509Certificate2 CreateCertificate()
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
    return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
}
