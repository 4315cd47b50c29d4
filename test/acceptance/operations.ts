import { graphql } from './gql/gql.ts';

export const Viewer = graphql(`
  query Viewer {
    viewer {
      role
      subject
      scopes
      tenant {
        id
      }
    }
  }
`);
