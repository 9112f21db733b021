import 'reflect-metadata';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Principal, Verifier } from '@mapae/verifier';
import * as nest from '@nestjs/common';
import { BaseExceptionFilter, NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { createNestGuards } from '../../src/adapters/nest.ts';
import type { App } from './apps.ts';

/** Node runs no decorators from source, so they are applied as the functions that they are. */
export async function nestApp(verifier: Verifier): Promise<App> {
  const { protect, Caller } = createNestGuards(verifier, nest);

  class Everything {
    me(caller: Principal): string {
      return caller.subject;
    }
    async echo(request: IncomingMessage): Promise<string> {
      return await text(request);
    }
    admin(): string {
      return 'in';
    }
    broken(): never {
      throw new Error('on purpose');
    }
    mounted(caller: Principal): string {
      return caller.subject;
    }
    forgot(caller: Principal): string {
      return caller.subject;
    }
  }
  nest.Controller()(Everything);
  const route = (name: keyof Everything, ...decorators: MethodDecorator[]): void => {
    const descriptor = Object.getOwnPropertyDescriptor(Everything.prototype, name) ?? {};
    for (const decorate of decorators) decorate(Everything.prototype, name, descriptor);
  };
  route('me', nest.Get('me'), nest.UseGuards(protect()));
  route('echo', nest.Post('me'), nest.HttpCode(200), nest.UseGuards(protect()));
  route('admin', nest.Get('admin'), nest.UseGuards(protect({ scope: 'admin' })));
  route('broken', nest.Get('broken'), nest.UseGuards(protect()));
  route('mounted', nest.Get('mounted/me'), nest.UseGuards(protect(), protect({ scope: 'notes:read' })));
  route('forgot', nest.Get('forgot'));
  Caller()(Everything.prototype, 'me', 0);
  Caller()(Everything.prototype, 'mounted', 0);
  Caller()(Everything.prototype, 'forgot', 0);
  nest.Req()(Everything.prototype, 'echo', 0);

  /** As users extend Nest's own filter: what isn't one of Nest's exceptions is theirs. */
  class Caught extends BaseExceptionFilter {
    override catch(error: Error, host: nest.ArgumentsHost): void {
      if (error instanceof nest.HttpException) {
        // oxlint-disable-next-line promise/valid-params -- a filter's catch, not a promise's
        super.catch(error, host);
        return;
      }
      const response = host.switchToHttp().getResponse<ServerResponse>();
      response.statusCode = 500;
      response.end(`caught: ${error.message}`);
    }
  }
  nest.Catch()(Caught);

  class Root {}
  nest.Module({ controllers: [Everything] })(Root);
  const app = await NestFactory.create<NestExpressApplication>(Root, new ExpressAdapter(), {
    logger: false,
    bodyParser: false,
  });
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    response.setHeader('x-front', 'kept');
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else next();
  });
  app.useGlobalFilters(new Caught(app.getHttpAdapter()));
  await app.init();
  return {
    server: app.getHttpServer() as Server,
    has: ['body', 'broken', 'forgot', 'front', 'mounted'],
    close: () => app.close(),
  };
}
