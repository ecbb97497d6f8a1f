// The same minimal application on the transport that the first argument names, so that nothing differs but the transport.
// usage: aspnetcore-peer sockets|sockets-inline|inline|threadpool PORT [https]
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Penstock.Kestrel;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: aspnetcore-peer sockets|sockets-inline|inline|threadpool PORT [https]");
    return 2;
}

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
{
    options.Limits.MaxRequestBodySize = null;
    options.ListenAnyIP(int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture), Listen);
});
UseTransport(builder.WebHost, args[0]);

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
        default:
            response.ContentType = "text/plain";
            response.ContentLength = hello.Length;
            await response.Body.WriteAsync(hello, context.RequestAborted);
            return;
    }
});
Console.WriteLine($"{args[0]} on port {args[1]}");
await app.RunAsync();
return 0;

void Listen(ListenOptions options)
{
    if (args.Contains("https"))
        options.UseHttps(CreateCertificate());
}

static void UseTransport(IWebHostBuilder host, string name) => _ = name switch
{
    "sockets" => host,
    "sockets-inline" => host.UseSockets(options => options.UnsafePreferInlineScheduling = true),
    "inline" => host.UsePenstock(options =>
    {
        options.ApplicationScheduling = ApplicationScheduling.Inline;
        options.LoopCount = 1;
    }),
    "threadpool" => host.UsePenstock(options => options.LoopCount = 1),
    _ => throw new ArgumentException($"No transport is called '{name}'.", nameof(name)),
};

static X509Certificate2 CreateCertificate()
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
    return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
}
